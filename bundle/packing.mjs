/** Compressed once, when it is built: the tightest that every browser reads. */
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";

const PACKED = /^(?!first\/).*\.(js|css)$/; // what stands in the page is packed with it
const NEARLY_TIGHTEST = 10; // the last step takes half as long again, for one part in seventy
const tight = promisify(brotliCompress);

/** The files, and beside each that shrinks its Brotli form. @param {import("./bundles.mjs").File[]} files */
export async function packed(files) {
  const small = files.filter(({ name }) => PACKED.test(name)).map(async ({ name, body }) => {
    const params = { [constants.BROTLI_PARAM_QUALITY]: NEARLY_TIGHTEST, [constants.BROTLI_PARAM_SIZE_HINT]: body.length };
    return { name: `${name}.br`, body: await tight(body, { params }) };
  });
  return [...files, ...(await Promise.all(small))];
}
