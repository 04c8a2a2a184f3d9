import { html } from "htm/preact";
import { Icon } from "../../../components/icon.js";
import { plural } from "../../../components/format.js";
import { useLive } from "../../../components/live_context.js";
import { clockTime, readable } from "../words.js";

/** @typedef {import("./shapes.js").Dashboard} Dashboard */

const LATE_SECONDS = 10;

/** In one line, whether anything needs somebody; of what is not told now nothing good is said. @param {{dashboard: Dashboard}} props */
export function Verdict({ dashboard }) {
  const { connection } = useLive();
  if (connection.state.value !== "live") return html`<p class="verdict"><${Icon} name="warning" /><span>Not connected: figures of ${clockTime(Date.parse(dashboard.at) / 1_000)}</span></p>`;
  const found = troubles(dashboard);
  if (found.length === 0) return html`<p class="verdict" data-well><${Icon} name="check" /><span>Everything is at work.</span><a href="/admin/health">Health</a></p>`;
  return html`<p class="verdict"><${Icon} name="warning" /><span>${found.join(" · ")}</span><a href="/admin/health">Look into it</a></p>`;
}

/** @param {Dashboard} dashboard */
function troubles(dashboard) {
  const unread = Object.entries(dashboard).filter(([, part]) => typeof part === "object" && part !== null && part.ok === false).map(([name]) => `${readable(name)} cannot be read`);
  const { mail, stream, replica_set } = dashboard;
  if (stream.ok && (stream.lag_seconds ?? 0) >= LATE_SECONDS) unread.push("The change stream lies behind");
  if (mail.ok && mail.dead > 0) unread.push(`${plural(mail.dead, "mail")} given up`);
  if (replica_set.ok && replica_set.members.some(({ healthy }) => healthy === false)) unread.push("A member of the replica set is down");
  return unread;
}
