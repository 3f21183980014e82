// The leader's screen at the door: fetch the page again before the code changes, and put its new code and count in place.
const refresh = async () => {
  try {
    const answer = await fetch(window.location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-door]");
    if (!fresh) { window.location.reload(); return; }
    document.querySelector("[data-door]").replaceChildren(...fresh.childNodes);
  } catch {
    // no network for a moment: the next turn tries again
  }
};
const seconds = Number(document.querySelector("[data-door]").dataset.seconds) || 30;
setInterval(refresh, Math.max(3, Math.min(10, seconds / 3)) * 1000);
