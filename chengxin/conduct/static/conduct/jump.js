// A moment in a list takes the player there.
document.addEventListener("DOMContentLoaded", () => {
  const film = document.querySelector("video, audio");
  for (const button of document.querySelectorAll("[data-jump]")) {
    if (!film) { button.disabled = true; continue; }
    button.addEventListener("click", () => {
      film.currentTime = Number(button.dataset.jump) / 1000;
      film.scrollIntoView({ block: "nearest" });
      film.play().catch(() => {});
    });
  }
});
