/** Pictures that were chosen and not sent yet, by their product; of one that is not there yet by "new". @type {Map<string, import("./waiting_pictures.js").Chosen[]>} */
const underWay = new Map();

/** @param {string} id @param {import("./waiting_pictures.js").Chosen[]} pictures */
export function handOver(id, pictures) {
  if (pictures.length > 0) underWay.set(id, pictures);
}

/** What waits for a product; once. @param {string} id */
export function takeOver(id) {
  const pictures = underWay.get(id) ?? [];
  underWay.delete(id);
  return pictures;
}
