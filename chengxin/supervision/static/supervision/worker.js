// Opens an inspection sheet when the network is gone: the newest that was seen of each, and the files it needs.
const SHEETS = "inspection-sheets";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event, address = new URL(request.url);
  const sheet = request.mode === "navigate" && /^\/supervision\/visits\/\d+\/sheet\/$/.test(address.pathname);
  if (request.method !== "GET" || address.origin !== location.origin || !(sheet || address.pathname.startsWith("/static/"))) return;
  event.respondWith((async () => {
    const cache = await caches.open(SHEETS);
    try {
      const answer = await fetch(request);
      if (answer.ok && !answer.redirected) await cache.put(request, answer.clone());
      return answer;
    } catch (gone) {
      const kept = await cache.match(request);
      if (kept) return kept;
      throw gone;
    }
  })());
});
