// Without network every page of the site becomes the one that tells what this device has kept. SHELL, PAGE and FILES stand above.
self.addEventListener("install", (event) => event.waitUntil((async () => {
  const cache = await caches.open(SHELL);
  await cache.addAll([PAGE, ...FILES].map((address) => new Request(address, { cache: "reload" })));
  await self.skipWaiting();
})()));

self.addEventListener("activate", (event) => event.waitUntil((async () => {
  const cache = await caches.open(SHELL), wanted = new Set([PAGE, ...FILES]);
  for (const request of await cache.keys()) if (!wanted.has(new URL(request.url).pathname)) await cache.delete(request);
  await self.clients.claim();
})()));

self.addEventListener("fetch", (event) => {
  const { request } = event, address = new URL(request.url), page = request.mode === "navigate";
  if (request.method !== "GET" || address.origin !== location.origin || !(page || FILES.includes(address.pathname))) return;
  event.respondWith(fetch(request).catch(async (gone) => {
    const kept = await (await caches.open(SHELL)).match(page ? PAGE : address.pathname);
    if (kept) return kept;
    throw gone;
  }));
});
