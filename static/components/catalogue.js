import { useEffect, useState } from "preact/hooks";
import { useComputed, useSignalEffect } from "@preact/signals";
import { ApiError } from "../live/api.js";
import { asQuery } from "../live/wishes.js";
import { useLive } from "./live_context.js";

const RETRY_MS = 5_000;

/**
 * A product as this window knows it (null: not read yet), and whether it is not for sale now. Redraws for this one only.
 *
 * @param {string} id the same as long as the component is there: key it
 */
export function useProduct(id) {
  const { products } = useLive();
  const product = useComputed(() => products.byId.value.get(id) ?? null).value;
  const gone = useComputed(() => products.gone.value.has(id)).value;
  return { product, gone };
}

/**
 * A list on this page: read where it has to be, and again where that failed.
 *
 * @param {import("../live/shelf.js").Shelf} shelf
 */
export function useShelf(shelf) {
  const { shelves, place } = useLive();
  useEffect(() => shelves.show(shelf, { back: place.back.peek() !== null, wanted: history.state?.shown }), [shelves, shelf, place]);
  const problem = shelf.problem.value;
  useEffect(() => {
    if (!problem) return undefined;
    const timer = setTimeout(() => void shelf.again(), RETRY_MS * (1 + Math.random()));
    return () => clearTimeout(timer);
  }, [shelf, problem]);
  return shelf;
}

/**
 * Note in this window's history how much of a list was shown: a reload and the way back find as much of it.
 *
 * @param {number} count
 */
export function useShown(count) {
  useEffect(() => {
    if (count > 0) history.replaceState({ ...history.state, shown: count }, "");
  }, [count]);
}

/**
 * What is among all that a wish finds, whatever its category: how many of each, and from which price to which. While
 * another wish is asked for the last answer stays, without being `settled`.
 *
 * @param {import("../live/wishes.js").Wish} wish
 */
export function useFacets(wish) {
  const { products, shelves } = useLive();
  const query = asQuery({ ...wish, category: "", in_stock: false, sort: "" });
  const [told, setTold] = useState({ query, facets: shelves.facets.get(query) ?? null });
  const ask = async () => {
    const answer = await products.list(`/api/products/?${query}&facets=true&limit=1`).catch(unanswered);
    if (answer?.facets) shelves.facets.set(query, answer.facets);
    return answer?.facets;
  };
  useEffect(() => {
    let here = true;
    const put = (/** @type {import("../live/types.js").Facets | null | undefined} */ facets) => { if (here && facets) setTold({ query, facets }); };
    put(shelves.facets.get(query));
    void ask().then(put);
    return () => { here = false; };
  }, [query]);
  useSignalEffect(() => {
    if (products.missed.value > 0) void ask().then((facets) => { if (facets) setTold({ query, facets }); });
  });
  return { facets: told.facets, settled: told.query === query && told.facets !== null };
}

/** @param {unknown} error */
function unanswered(error) {
  if (!(error instanceof ApiError)) throw error;
  return null;
}
