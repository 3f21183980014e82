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
