import { html } from "htm/preact";

const PATHS = {
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  cross: "M6 6l12 12M18 6L6 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  bell: "M6 16v-5a6 6 0 0 1 12 0v5l1.5 2h-15zM10 21h4",
  info: "M12 11v6M12 7.2v.1M21 12a9 9 0 1 1-18 0a9 9 0 0 1 18 0z",
  warning: "M12 9v5M12 17.3v.1M12 3.5L2.5 20h19z",
  cart: "M3 4h2.5l2.2 11h10.6L21 7H6.4M9.5 20v.1M16.5 20v.1",
  mail: "M3.5 6h17v12h-17zM4 6.5l8 6.5 8-6.5",
  person: "M12 12a4 4 0 1 0 0-8a4 4 0 0 0 0 8zM4.5 20.5c.6-3.6 3.7-5.5 7.5-5.5s6.9 1.9 7.5 5.5",
  chevron: "M6 9l6 6 6-6",
};

/** A line drawing beside a text that says the same; screen readers skip it. @param {{name: keyof typeof PATHS}} props */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d=${PATHS[name]} />
  </svg>`;
}
