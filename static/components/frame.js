import { html } from "htm/preact";
import { useSignalEffect } from "@preact/signals";
import { useLive } from "./live_context.js";
import { Toasts } from "./toasts.js";

/**
 * A page of this room: one thing to do, in the middle.
 *
 * @param {{title: string, wide?: boolean, children?: import("preact").ComponentChildren}} props
 */
export function Frame({ title, wide = false, children }) {
  return html`
    <main id="main" class="desk" tabindex="-1">
      <div class=${wide ? "desk-card desk-wide" : "desk-card"}><h1 class="desk-title">${title}</h1>${children}</div>
    </main>
    <${Toasts} />
  `;
}

/** Pages that nobody needs who is signed in lead on to where one wanted to go, else to the shop. */
export function useOnwardWhenSignedIn() {
  const { place, session } = useLive();
  useSignalEffect(() => {
    if (session.user.value) place.go(place.onward(), { replacing: true });
  });
}
