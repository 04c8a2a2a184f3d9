// Runs before the page's own scripts. The first screen is there when the page has a heading and nothing that is in sight is
// still to come there (the cart beside it comes with the socket, see `live`); times are from the beginning of the visit.
(() => {
  const seen = { ready: 0, live: 0, shift: 0, fcp: 0, lcp: 0, tasks: [], shifts: [] };
  window.__seen = seen;
  const on = (type, listener) => new PerformanceObserver((list) => list.getEntries().forEach(listener)).observe({ type, buffered: true });
  on("paint", (entry) => { if (entry.name === "first-contentful-paint") seen.fcp = entry.startTime; });
  on("largest-contentful-paint", (entry) => { seen.lcp = entry.startTime; seen.largest = entry.element?.className || entry.element?.tagName; });
  on("longtask", (entry) => seen.tasks.push([entry.startTime, entry.duration]));
  on("layout-shift", (entry) => {
    if (entry.hadRecentInput) return;
    seen.shift += entry.value;
    seen.shifts.push([Math.round(entry.startTime), entry.value, entry.sources.map(({ node }) => node?.className || node?.nodeName)]);
  });
  const inSight = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
  };
  const look = () => {
    const heading = document.querySelector("main h1");
    const waiting = [...document.querySelectorAll("main :is(.skeleton, .waiting), main[aria-busy=true]")].some(inSight);
    if (!heading || waiting) seen.ready = 0;
    else seen.ready ||= performance.now();
    if (document.querySelector('.connection[data-state="live"]')) seen.live ||= performance.now();
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true });
})();
