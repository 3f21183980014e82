// Pages that open without network: registers the workers a page names, and forgets what they kept when the reader is another.
(() => {
  const forget = async () => {
    if (!window.caches) return;
    for (const name of await caches.keys()) if (!name.endsWith("-shell")) await caches.delete(name);
  };

  // signing out forgets the pages this device kept
  document.addEventListener("submit", (event) => { if (event.target.matches("[data-forget]")) forget(); });

  document.addEventListener("DOMContentLoaded", () => {
    const user = document.body.dataset.user;
    if (user !== undefined) {
      // a session that ended by itself, or somebody else's: the sheets of before are not this reader's; unsent drafts stay with their owner
      const name = "chengxin-reader";
      if (localStorage.getItem(name) !== user) forget();
      localStorage.setItem(name, user);
    }
    if (!navigator.serviceWorker) return;
    for (const place of document.querySelectorAll("[data-worker]")) navigator.serviceWorker.register(place.dataset.worker);
  });
})();
