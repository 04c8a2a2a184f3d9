import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";
import { ApiError } from "../../live/api.js";
import { explainAccount } from "../../live/refusals.js";

const PASSWORD = "demo123";
/** Each account of the demo data, what it is for, and where it begins. */
const ACCOUNTS = /** @type {const} */ ([
  ["buyer", "Buyer", "fills carts, orders", "cart", "/listing"],
  ["seller", "Seller", "sells and ships", "chart", "/seller"],
  ["delivery", "Courier", "brings parcels", "truck", "/delivery"],
  ["admin", "Admin", "sees to it all", "screen", "/admin"],
]);

/** In the demo shop: one press signs in as any of its people, and leads to their room. */
export function DemoWays() {
  const { account, place, session, notices, shop } = useLive();
  const [busy, setBusy] = useState("");
  if (!shop.facts.value.demo) return null;

  /** @param {string} who @param {string} room */
  const enter = async (who, room) => {
    if (busy) return;
    setBusy(who);
    place.ask({ then: room });
    try {
      await account.signIn({ email: `${who}@demo.com`, password: PASSWORD });
      notices.tell({ tone: "done", title: `Welcome, ${session.user.peek()?.name}.` });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      place.ask({ then: null });
      notices.tell({ tone: "error", title: explainAccount(error) });
    } finally {
      setBusy("");
    }
  };
  return html`<section class="demo" aria-labelledby="demo-title">
    <h2 id="demo-title" class="demo-title">This is a demo: come in as</h2>
    <div class="demo-ways">${ACCOUNTS.map(([who, name, words, icon, room]) => html`<button type="button" class="demo-way" key=${who}
      aria-disabled=${busy !== ""} onClick=${() => enter(who, room)}>
      <${Icon} name=${icon} /><span><strong>${busy === who ? "Signing in…" : name}</strong><span class="demo-words">${words}</span></span>
    </button>`)}</div>
  </section>`;
}
