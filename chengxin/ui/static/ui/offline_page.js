// Lists the sheets this device has kept, by their own titles.
document.addEventListener("DOMContentLoaded", async () => {
  const list = document.querySelector("[data-kept]"), none = document.querySelector("[data-none]");
  for (const name of window.caches ? await caches.keys() : []) {
    const cache = await caches.open(name);
    for (const request of name.endsWith("-shell") ? [] : await cache.keys()) {
      const answer = await cache.match(request), kind = answer.headers.get("Content-Type") || "";
      if (!kind.startsWith("text/html")) continue;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const link = Object.assign(document.createElement("a"), { href: new URL(request.url).pathname, textContent: page.title.split(" · ")[0] });
      const line = document.createElement("li");
      line.append(link);
      list.append(line);
    }
  }
  none.hidden = list.children.length > 0;
  document.querySelector("[data-again]").addEventListener("click", () => location.reload());
  window.addEventListener("online", () => location.reload());
});
