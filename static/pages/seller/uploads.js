import { useEffect, useRef, useState } from "preact/hooks";
import { useLive } from "../../components/live_context.js";
import { ApiError } from "../../live/api.js";
import { handOver } from "./handover.js";
import { useLeaveGuard } from "./leave_guard.js";
import { refusedPicture } from "./picture_file.js";
import { choose } from "./waiting_pictures.js";
import { explainWork } from "./words.js";

/** @typedef {import("./waiting_pictures.js").Chosen} Chosen */

/**
 * Files on their way to a product, one after another, so that they arrive in their order; those refused stay with why.
 *
 * @param {string} id the product's
 * @param {Chosen[]} first what was chosen before
 * @param {(image: import("../../live/types.js").Image) => void} onSent
 */
export function useUploads(id, first, onSent) {
  const { mine, notices } = useLive();
  const [list, setList] = useState(first);
  const underWay = useRef(false);
  const latest = useRef(onSent);
  latest.current = onSent;
  const waiting = useRef(list);
  waiting.current = list.filter(({ problem }) => !problem);
  // What is under way comes to its end when one leaves; the others go on when one is back.
  useEffect(() => () => handOver(id, waiting.current.slice(1)), [id]);
  useLeaveGuard(waiting.current.length > 0);

  /** @param {string} key @param {Partial<Chosen>} news */
  const change = (key, news) => setList((known) => known.map((one) => (one.key === key ? { ...one, ...news } : one)));
  const next = list.find(({ problem }) => !problem);

  useEffect(() => {
    if (!next || underWay.current) return;
    underWay.current = true;
    const form = new FormData();
    form.set("image", next.file);
    form.set("alt", next.alt);
    void mine.send(`/api/products/${id}/images`, form)
      .then((image) => {
        setList((known) => known.filter((one) => one.key !== next.key));
        latest.current(image);
        notices.say(`${next.file.name} is added.`);
      }, (error) => {
        if (!(error instanceof ApiError)) throw error;
        change(next.key, { problem: refusedPicture(error) || explainWork(error) });
      })
      .finally(() => {
        underWay.current = false;
        setList((known) => [...known]); // the next one's turn
      });
  }, [next, list, id, mine, notices]);

  return {
    sending: list.filter(({ problem }) => !problem),
    refused: list.filter(({ problem }) => problem),
    /** @param {File[]} files */
    add: (files) => setList((known) => [...known, ...files.map((file) => choose(file, (key, src) => change(key, { src })))]),
    /** @param {string} key */
    hide: (key) => setList((known) => known.filter((one) => one.key !== key)),
  };
}
