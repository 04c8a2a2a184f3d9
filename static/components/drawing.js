/** Words that lead to a drawing, the more particular first. */
const DRAWINGS = /** @type {const} */ ([
  ["teapot", ["teapot", "kettle", "coffee", "tea"]],
  ["cup", ["cup", "mug", "espresso", "glass", "tumbler"]],
  ["bowl", ["bowl", "plate", "dish", "tray", "kitchen", "ceramic", "tableware"]],
  ["vase", ["vase", "jug", "carafe", "bottle", "pitcher", "decor"]],
  ["headphones", ["headphone", "headset", "earphone", "earbud", "audio"]],
  ["speaker", ["speaker", "radio", "turntable", "amplifier", "music", "electronic", "camera"]],
  ["keyboard", ["keyboard", "piano", "synth", "instrument", "laptop", "mouse", "desk"]],
  ["lamp", ["lamp", "light", "lantern", "bulb"]],
  ["notebook", ["notebook", "journal", "planner", "paper", "stationery"]],
  ["book", ["book", "novel", "reader", "magazine"]],
  ["pen", ["pencil", "pen", "brush", "ink", "marker"]],
  ["candle", ["candle", "incense", "soap", "scent"]],
  ["plant", ["plant", "cactus", "fern", "garden", "seed", "flower"]],
  ["chair", ["chair", "stool", "bench", "sofa", "table", "furniture", "home"]],
  ["watch", ["watch", "clock", "timer", "hourglass"]],
  ["shirt", ["shirt", "jacket", "coat", "sweater", "jumper", "hoodie", "cloth", "apparel", "wear", "fashion"]],
  ["blanket", ["blanket", "throw", "towel", "scarf", "linen", "rug", "textile", "wool"]],
  ["bag", ["bag", "tote", "backpack", "case", "wallet", "purse", "shoe", "accessor", "travel"]],
]);

/**
 * The house's own drawing that fits a product best.
 *
 * @param {string} name
 * @param {string} category
 */
export function drawingFor(name, category) {
  const found = byWord(name.toLowerCase()) ?? byWord(category.toLowerCase()) ?? DRAWINGS[sum(name) % DRAWINGS.length]?.[0];
  return `/static/pictures/${found}.svg`;
}

/** @param {string} text */
function byWord(text) {
  const said = text.split(/[^\p{L}]+/u);
  /** @param {string} word */
  const fits = (word) => said.some((one) => one === word || one === `${word}s` || (word.length > 3 && one.includes(word)));
  return DRAWINGS.find(([, words]) => words.some(fits))?.[0];
}

/** @param {string} text */
function sum(text) {
  return [...text].reduce((total, letter) => total + (letter.codePointAt(0) ?? 0), 0);
}
