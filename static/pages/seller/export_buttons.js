import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";
import { ApiError } from "../../live/api.js";
import { explainWork } from "./words.js";

/** Files to take away: for spreadsheets, and for programs. @param {{path: string, name: string, query?: string}} props */
export function ExportButtons({ path, name, query = "" }) {
  return html`<${KeepButton} path=${`${path}?format=csv${query}`} name=${`${name}.csv`}>CSV<//>
    <${KeepButton} path=${`${path}?format=jsonl${query}`} name=${`${name}.jsonl`}>JSON Lines<//>`;
}

/**
 * What a path answers, kept as a file.
 *
 * @param {{path: string, name: string, lead?: string, soft?: boolean, children?: import("preact").ComponentChildren}} props
 *   `lead`: said before its words to those who do not see where it stands; `soft`: without a frame
 */
export function KeepButton({ path, name, lead = "Download as ", soft = false, children }) {
  const { mine, notices } = useLive();
  const [busy, setBusy] = useState(false);
  const keep = async () => {
    if (busy) return;
    setBusy(true);
    try {
      await mine.keep(path, name);
      notices.say(`${name} is downloaded.`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      notices.tell({ tone: "error", title: `${name} could not be made.`, text: explainWork(error) });
    } finally {
      setBusy(false);
    }
  };
  return html`<button type="button" class=${soft ? "button button-text" : "button button-quiet"} aria-disabled=${busy} onClick=${keep}>
    <${Icon} name="down" /><span>${lead && html`<span class="unseen">${lead}</span>`}${children}</span>
  </button>`;
}
