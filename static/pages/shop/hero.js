import { html } from "htm/preact";
import { Badge } from "../../components/badge.js";
import { useProduct } from "../../components/catalogue.js";
import { inWords } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { Keys } from "../../components/keys.js";
import { useLive } from "../../components/live_context.js";
import { Picture } from "../../components/picture.js";
import { listingOf } from "../../live/wishes.js";
import { Legend } from "./legend.js";
import { Price } from "./price.js";

/**
 * What is different here, in two sentences, a way to look for something, and one product as it is this moment.
 *
 * @param {{shown?: string, waiting: boolean}} props `waiting`: it is still to be seen which one
 */
export function Hero({ shown, waiting }) {
  const { shop, place } = useLive();
  const { hold_seconds: hold } = shop.facts.value;
  /** @param {SubmitEvent} event */
  const find = (event) => {
    event.preventDefault();
    const q = String(new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)).get("q") ?? "");
    place.go(listingOf({ q }));
  };
  return html`<section class="hero">
    <div class="hero-words">
      <h1 class="hero-title">${hold ? "In your cart, it’s yours." : "Live, to the last piece."}</h1>
      <p class="hero-text">
        ${hold > 0 && `Whatever you add is held for you for ${inWords(hold)}. `}Every number here is live: you see what others take, as they take it.
      </p>
      <form class="search" role="search" action="/listing" onSubmit=${find}>
        <label class="unseen" for="home-search">Search the shop</label>
        <${Icon} name="search" />
        <input id="home-search" name="q" type="search" maxlength="200" placeholder="A lamp, a mug, something green" autocomplete="off" enterkeyhint="search" />
        <button type="submit" class="button button-main search-go">Search</button>
      </form>
      <${Legend} />
    </div>
    ${shown && html`<${Now} key=${shown} id=${shown} />`}
    ${!shown && waiting && html`<div class="now now-waiting" aria-hidden="true"><span class="waiting"></span></div>`}
  </section>`;
}

/** One product as it is now, its keys large enough to see them being struck. @param {{id: string}} props */
function Now({ id }) {
  const { product, gone } = useProduct(id);
  if (!product || gone) return null;
  const { name, category, images } = product;
  return html`<article class="now" data-product=${id}>
    <div class="now-picture"><${Picture} name=${name} category=${category} image=${images?.[0]} decorative first /></div>
    <div class="now-words">
      <p class="now-kicker"><span class="now-dot"></span>Right now</p>
      <h2 class="now-name"><a class="now-link" href=${`/product/${id}`}>${name}</a></h2>
      <${Price} product=${product} class="now-price" />
      <${Keys} product=${product} tall />
      <${Badge} product=${product} />
    </div>
  </article>`;
}
