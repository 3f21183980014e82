// Opens a sheet when the network is gone: the newest that was seen of each, and the files it needs. KEPT and PAGES stand above.
const FITTING = new RegExp(PAGES);

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event, address = new URL(request.url), page = request.mode === "navigate";
  if (request.method !== "GET" || address.origin !== location.origin || !(page || address.pathname.startsWith("/static/"))) return;
  event.respondWith((async () => {
    try {
      const answer = await fetch(request);
      const keep = answer.ok && !answer.redirected && (!page || FITTING.test(address.pathname));
      if (keep) await (await caches.open(KEPT)).put(request, answer.clone());
      return answer;
    } catch (gone) {
      // the last resort is the site's page that tells what this device has kept
      const kept = (await (await caches.open(KEPT)).match(request)) || (await caches.match(page ? "/offline/" : request));
      if (kept) return kept;
      throw gone;
    }
  })());
});
