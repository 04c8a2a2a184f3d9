import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { useFacets, useShelf } from "../../components/catalogue.js";
import { useLive } from "../../components/live_context.js";
import { Toasts } from "../../components/toasts.js";
import { ANYTHING, listingOf } from "../../live/wishes.js";
import { Departments } from "./departments.js";
import { Hero } from "./hero.js";
import { Strip } from "./strip.js";

const FEW = 12;
const DRAWN = 10; // keys, in one row on a phone

/** The way in: what the house is about, its departments, and what is moving now. A mailed link to one product leads on to it. */
export function HomePage() {
  const { place } = useLive();
  const product = place.query.value.get("product");
  useEffect(() => {
    if (product) place.go(`/product/${product}`, { replacing: true });
  }, [place, product]);
  return product ? html`<main id="main" class="page" tabindex="-1"></main>` : html`<${Home} />`;
}

function Home() {
  const { shelves } = useLive();
  const low = useShelf(shelves.runningLow(FEW));
  const newest = useShelf(shelves.of({ ...ANYTHING, sort: "newest" }, FEW));
  const bought = useShelf(shelves.of({ ...ANYTHING, sort: "popular" }, FEW));
  const { facets } = useFacets(ANYTHING);
  const shown = useLiveliest([low, newest, bought]);
  const sold = !alike(newest.ids.value, bought.ids.value); // where nothing was bought yet, both are in one order
  return html`
    <main id="main" class="home" tabindex="-1">
      <${Hero} shown=${shown} waiting=${[low, newest, bought].some(({ phase }) => phase.value === "loading")} />
      <${Departments} categories=${facets?.categories ?? []} />
      <${Strip} id="low-title" title="Running low right now" words="The last few of each. What somebody holds may come back." shelf=${low} />
      <${Strip} id="newest-title" title="Newest" shelf=${newest} all=${[listingOf({}), "All products"]} />
      ${sold && html`<${Strip} id="bought-title" title="Most bought" shelf=${bought} all=${[listingOf({ sort: "popular" }), "All of them"]} />`}
    </main>
    <${Toasts} />
  `;
}

/** @param {string[]} ones @param {string[]} others */
function alike(ones, others) {
  return ones.length > 0 && ones.length === others.length && ones.every((one, index) => one === others[index]);
}

/**
 * The product whose keys show most of what is going on: some of them held, and few enough to be drawn one by one. It is
 * chosen once, when all lists have come.
 *
 * @param {import("../../live/shelf.js").Shelf[]} shelvesHere
 */
function useLiveliest(shelvesHere) {
  const { products } = useLive();
  const chosen = useRef(/** @type {string | undefined} */ (undefined));
  if (chosen.current || shelvesHere.some(({ phase }) => phase.value === "loading")) return chosen.current;
  const all = new Set(shelvesHere.flatMap(({ ids }) => ids.peek()));
  const lively = [...all].map((id) => products.byId.peek().get(id)).filter((product) => product !== undefined);
  lively.sort((one, other) => liveliness(other) - liveliness(one));
  chosen.current = lively[0]?.id;
  return chosen.current;
}

/** @param {{stock: number, held: number, available: number}} level */
function liveliness({ stock, held, available }) {
  const drawn = stock > 0 && stock <= DRAWN ? 1 + Math.min(stock, 8) / 8 : 0;
  return drawn + (held > 0 && available > 0 ? 2 : 0);
}
