import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { useSignal, useSignalEffect } from "@preact/signals";
import { useLive } from "./live_context.js";

const SAID = { connecting: "Connecting", live: "Live", reconnecting: "Reconnecting", offline: "Offline" };
const GRACE_MS = 1_200;

/** The state of the connection, always in sight. Screen readers hear of it only when a break lasts. */
export function ConnectionPill() {
  const { connection, notices } = useLive();
  const state = connection.state.value;
  const broken = useSignal(false);

  useSignalEffect(() => {
    const now = connection.state.value;
    if (now === "live" && broken.peek()) {
      broken.value = false;
      notices.say("Connected again. Stock is live.");
    }
    if (now === "live" || now === "connecting") return undefined;
    const timer = setTimeout(() => {
      broken.value = true;
      notices.say("Connection lost. Reconnecting.");
    }, GRACE_MS);
    return () => clearTimeout(timer);
  });

  // Numbers that may be old are drawn paler, all over the page.
  useEffect(() => {
    document.documentElement.dataset.connection = state;
  }, [state]);

  return html`<p class="connection" data-state=${state}><span class="connection-dot"></span>${SAID[state]}</p>`;
}
