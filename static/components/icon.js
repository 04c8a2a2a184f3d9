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
  clock: "M12 7v5l3.5 2M21 12a9 9 0 1 1-18 0a9 9 0 0 1 18 0z",
  coin: "M21 12a9 9 0 1 1-18 0a9 9 0 0 1 18 0zM14.8 9.4c-.4-1-1.5-1.6-2.8-1.6-1.6 0-2.8.8-2.8 2.1 0 2.9 5.8 1.3 5.8 4.2 0 1.3-1.2 2.1-3 2.1-1.5 0-2.6-.6-3-1.7M12 6v1.8M12 16.2V18",
  undo: "M8 5L4 9l4 4M4 9h10a6 6 0 0 1 0 12H9",
  key: "M14.5 13.5a5 5 0 1 0-4.7-3.3L3.5 16.5V20.5h4v-2.5h2.5v-2.5zM15.5 8.5v.1",
  phone: "M8 3h8a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM11.5 18h1",
  out: "M14 4H5v16h9M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5",
  mail: "M3.5 6h17v12h-17zM4 6.5l8 6.5 8-6.5",
  person: "M12 12a4 4 0 1 0 0-8a4 4 0 0 0 0 8zM4.5 20.5c.6-3.6 3.7-5.5 7.5-5.5s6.9 1.9 7.5 5.5",
  chevron: "M6 9l6 6 6-6",
  next: "M9 6l6 6-6 6",
  before: "M15 6l-6 6 6 6",
  filter: "M4 7h16M7 12h10M10 17h4",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13a6.5 6.5 0 0 0 0 13zM15.5 15.5L20.5 20.5",
  menu: "M4 7h16M4 12h16M4 17h16",
  box: "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
  truck: "M3 6h11v10H3zM14 9h4l3 3v4h-7M7 18.5a1.5 1.5 0 1 0 0-3a1.5 1.5 0 0 0 0 3zM17.5 18.5a1.5 1.5 0 1 0 0-3a1.5 1.5 0 0 0 0 3z",
  chart: "M4 20V4M4 20h16M8 16v-5M12.5 16V8M17 16v-3",
  sound: "M4 9.5v5h3.5L12 18V6L7.5 9.5zM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
  silent: "M4 9.5v5h3.5L12 18V6L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5",
  sun: "M12 16a4 4 0 1 0 0-8a4 4 0 0 0 0 8zM12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M5.6 18.4l1.1-1.1M17.3 6.7l1.1-1.1",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  screen: "M3.5 5h17v11h-17zM9 20h6M12 16v4",
  pin: "M12 21s-6.5-6-6.5-11a6.5 6.5 0 0 1 13 0c0 5-6.5 11-6.5 11zM12 12.5a2.5 2.5 0 1 0 0-5a2.5 2.5 0 0 0 0 5z",
  upload: "M12 16V4M7 9l5-5 5 5M4 20h16",
  down: "M12 4v12M7 11l5 5 5-5M4 20h16",
};

/** A line drawing beside a text that says the same; screen readers skip it. @param {{name: keyof typeof PATHS}} props */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d=${PATHS[name]} />
  </svg>`;
}
