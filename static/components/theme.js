import { effect, signal } from "@preact/signals";

const KEPT = "ivorycart.theme";

/** @typedef {"system" | "light" | "dark"} Theme */

/** Light or dark as the device says, or as was chosen here. */
export const theme = signal(/** @type {Theme} */ (localStorage.getItem(KEPT) ?? "system"));

effect(() => {
  const root = document.documentElement;
  if (theme.value === "system") {
    localStorage.removeItem(KEPT);
    delete root.dataset.theme;
  } else {
    localStorage.setItem(KEPT, theme.value);
    root.dataset.theme = theme.value;
  }
});
