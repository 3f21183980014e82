// Opens the kiosk when the network is gone: its shell and the files it needs, the newest that were seen. Data are never kept.
const SHELL = "kiosk-shell";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event, address = new URL(request.url);
  const ours = address.pathname.startsWith("/equipment/kiosk/") || address.pathname.startsWith("/static/");
  if (request.method !== "GET" || address.origin !== location.origin || !ours) return;
  event.respondWith((async () => {
    const cache = await caches.open(SHELL);
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
