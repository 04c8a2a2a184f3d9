import { html } from "htm/preact";
import { useLive } from "../../../components/live_context.js";

const LATE = 5; // seconds
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** Whether the figures are of now; where they are not, of when. @param {{data: import("./shapes.js").Dashboard}} props */
export function Moment({ data }) {
  const { connection } = useLive();
  const [state, words] = momentOf(connection.state.value, data);
  if (state === "live") return null; // the head says so
  return html`<p class="moment" data-state=${state}><span class="moment-dot" aria-hidden="true"></span><span>${words}</span></p>`;
}

/** @param {string} connection @param {import("./shapes.js").Dashboard} data @returns {["live" | "late" | "lost", string]} */
function momentOf(connection, { as_of, lag, server_time }) {
  const at = clock.format(new Date(server_time));
  if (connection !== "live") return ["lost", `Not connected: figures of ${at}`];
  if (as_of === null || lag === null) return ["late", "Sales are being counted"];
  if (lag >= LATE) return ["late", `Sales are ${Math.round(lag)} seconds late: figures of ${clock.format(new Date(Date.parse(server_time) - lag * 1_000))}`];
  return ["live", "Live"];
}
