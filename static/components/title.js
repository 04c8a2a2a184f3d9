import { useEffect } from "preact/hooks";
import { signal } from "@preact/signals";

/** What the page that is shown is called, where that is more than its kind ("Moon Vase", not "Product"). */
export const named = signal("");

/** Name the document by what the page shows. @param {string | undefined} name */
export function useTitle(name) {
  useEffect(() => {
    named.value = name ?? "";
    return () => { named.value = ""; };
  }, [name]);
}
