import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { useLive } from "../components/live_context.js";
import { Page } from "../components/page.js";
import { tryAgain } from "./rooms.js";

/** Where a room could not be fetched: the shop may be restarting. It comes by itself once the shop is back. @param {{room: string}} props */
export function LostPage({ room }) {
  const { connection } = useLive();
  const back = connection.state.value === "live";
  useEffect(() => {
    if (back) void tryAgain(room);
  }, [back, room]);
  return html`<${Page} title="This page could not be loaded" lead="The shop may be restarting. The page comes by itself once it is back." narrow>
    <button type="button" class="button button-quiet" onClick=${() => location.reload()}>Try again</button>
  <//>`;
}
