export const MOST_PICTURES = 12;
const MOST_BYTES = 5 * 1024 * 1024;
const PREVIEW_PX = 400;

/** Why a file cannot be a picture here, as far as a browser can tell; empty where nothing speaks against it. @param {File} file */
export function unfit(file) {
  if (file.size > MOST_BYTES) return `Too large: ${(file.size / 1024 / 1024).toFixed(1)} MB. A picture may have 5 MB.`;
  if (file.type && !file.type.startsWith("image/")) return "This is not a picture.";
  return file.size === 0 ? "This file is empty." : "";
}

/**
 * A small preview as a `data:` address, the only kind that the page's policy lets through; empty where this browser
 * cannot read the file (the server may).
 *
 * @param {File} file
 */
export async function preview(file) {
  try {
    const whole = await createImageBitmap(file);
    const scale = Math.min(1, PREVIEW_PX / Math.max(whole.width, whole.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(whole.width * scale));
    canvas.height = Math.max(1, Math.round(whole.height * scale));
    canvas.getContext("2d")?.drawImage(whole, 0, 0, canvas.width, canvas.height);
    whole.close();
    return canvas.toDataURL("image/webp", 0.8);
  } catch {
    return "";
  }
}

/** What speaks against a picture, in words; the server's own are about the same things. @param {import("../../live/api.js").ApiError} error */
export function refusedPicture(error) {
  if (error.code === "too_large") return /megapixels/.test(error.message) ? "Too many pixels: at most 40 megapixels." : "Too large: a picture may have 5 MB.";
  if (error.code === "unsupported_type") return /something else/.test(error.message) ? "There is something else in this file. Save it anew as a picture." : "This is not a picture: use JPEG, PNG, WebP, GIF or AVIF.";
  if (error.code === "validation") return "It cannot be read: it is broken or cut off.";
  if (error.code === "rate_limited") return "Many pictures are on their way. Try this one again.";
  return "";
}
