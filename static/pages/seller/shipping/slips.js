import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { numberOf, onParcel } from "./shapes.js";

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });

/**
 * Packing slips, a page each, on paper only: the browser is asked to print as soon as they are there. Prices stay away,
 * because what is packed may be a present.
 *
 * @param {{parts: import("./shapes.js").SellerPart[], seller: string, onPrinted: () => void}} props
 */
export function Slips({ parts, seller, onPrinted }) {
  useEffect(() => {
    addEventListener("afterprint", onPrinted, { once: true });
    print();
    return () => removeEventListener("afterprint", onPrinted);
  }, [parts]);
  return html`<div class="slips">${parts.map((part) => html`<section class="slip" key=${part.id}>
    <h2 class="slip-title">${seller}</h2>
    <p>Order <strong class="figures">${numberOf(part)}</strong> of ${day.format(new Date(part.timestamp))}</p>
    ${part.address && html`<address class="slip-address">${onParcel(part.address).map((line, index) => html`<span key=${index}>${line}</span>`)}</address>`}
    <table class="slip-lines"><caption class="unseen">What is in the parcel</caption>
      <thead><tr><th scope="col">Packed</th><th scope="col">Units</th><th scope="col">Product</th></tr></thead>
      <tbody>${part.product_list.map(({ product_id, name, quantity }) => html`<tr key=${product_id}><td class="slip-box">☐</td><td class="figures">${quantity}</td><td>${name}</td></tr>`)}</tbody>
    </table>
    ${part.fulfilment.note && html`<p>${part.fulfilment.note}</p>`}
    <p class="slip-foot">Thank you for your order.</p>
  </section>`)}</div>`;
}
