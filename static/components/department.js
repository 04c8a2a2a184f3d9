/** A department's name as a heading has it; the rest has none. @param {string | null} path */
export function departmentName(path) {
  if (path === null) return "Everything else";
  const words = path.replaceAll("-", " ");
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}
