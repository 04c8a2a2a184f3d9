const COOKIE = "ivorycart.form"; // the server reads it
const A_YEAR = 31_536_000; // seconds
const LATER_MS = 3_000;

/**
 * A first visit's page has its scripts and sheets within it. Once the shop is live, fetch them as the files that later
 * visits take from the browser's cache, and tell the server by a cookie that it need not send them any more.
 *
 * @param {Promise<unknown>} live
 */
export async function keepFiles(live) {
  const files = document.querySelector('meta[name="ivorycart-files"]')?.getAttribute("content")?.split(" ");
  const version = files?.[0]?.split("/")[2];
  if (!files || !version) return;
  await live;
  await new Promise((done) => { setTimeout(done, LATER_MS); }); // pictures first
  try {
    for (const file of files) {
      const answer = await fetch(file, { priority: "low" });
      if (!answer.ok) return; // the shop has another form by now
      await answer.arrayBuffer();
    }
  } catch {
    return; // the next visit is a first one again
  }
  const secure = location.protocol === "https:" ? "; secure" : "";
  // eslint-disable-next-line require-atomic-updates -- what is set is one cookie, not what was there before
  document.cookie = `${COOKIE}=${version}; path=/; max-age=${A_YEAR}; samesite=lax${secure}`;
}
