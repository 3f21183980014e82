// The viewer's name and the time over the picture, so that a photo of the screen says whose screen it was.
document.addEventListener("DOMContentLoaded", () => {
  const screen = document.querySelector("[data-watermark]");
  if (!screen) return;
  const layer = screen.querySelector(".watermark");
  const show = () => {
    const now = new Date(), time = now.toLocaleString("zh-CN", { timeZone: "Asia/Shanghai", hour12: false });
    layer.replaceChildren(...Array.from({ length: 9 }, () => Object.assign(document.createElement("span"), { textContent: `${screen.dataset.watermark} ${time}` })));
    if (now > new Date(screen.dataset.until)) { screen.querySelector("video, audio")?.pause(); location.reload(); }
  };
  show();
  setInterval(show, 1000);
  screen.addEventListener("contextmenu", (event) => event.preventDefault());
});

// The player's own time into the form of a clip; the page again while something is being made.
document.addEventListener("DOMContentLoaded", () => {
  const film = document.querySelector("video");
  const written = (seconds) => {
    const all = Math.floor(seconds), hours = Math.floor(all / 3600), minutes = Math.floor(all / 60) % 60, rest = String(all % 60).padStart(2, "0");
    return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
  };
  for (const button of document.querySelectorAll("[data-take]")) {
    if (!film) { button.hidden = true; continue; }
    button.addEventListener("click", () => {
      document.querySelector(`[data-film-time="${button.dataset.take}"]`).value = written(button.dataset.take === "end" ? Math.ceil(film.currentTime) : film.currentTime);
    });
  }
  const waiting = document.querySelector("[data-refresh]");
  const isTyped = () => Array.from(document.querySelectorAll("form.form input[type=text]")).some((input) => input.value);
  if (waiting) setInterval(() => { if ((!film || film.paused) && !isTyped()) location.replace(location.pathname + location.search); }, Number(waiting.dataset.refresh) * 1000);
});
