import { html } from "htm/preact";
import { inWords } from "../../components/format.js";
import { useLive } from "../../components/live_context.js";

/** What is different here, in two sentences, and how to read the keys. */
export function Intro() {
  const { shop } = useLive();
  const { hold_seconds: hold } = shop.facts.value;
  return html`<section class="intro">
    <h1 class="intro-title">${hold ? "In your cart, it’s yours." : "Live, to the last piece."}</h1>
    <p class="intro-text">
      ${hold > 0 && `Whatever you add is held for you for ${inWords(hold)}. `}Every number here is live: you see what others take, as they take it.
    </p>
    <dl class="legend" aria-label="How to read the keys under each product">
      <div><dt><span class="key" data-kind="free"></span></dt><dd>free</dd></div>
      <div><dt><span class="key" data-kind="held"></span></dt><dd>held by others</dd></div>
      <div><dt><span class="key" data-kind="mine"></span></dt><dd>held by you</dd></div>
    </dl>
  </section>`;
}
