// Small behaviours attached by data-* attributes; every page works without them.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-toggle-menu]");
  if (!button) return;
  const open = document.getElementById("navigation").classList.toggle("open");
  button.setAttribute("aria-expanded", String(open));
});

// Which chapters of the navigation are unfolded is remembered in this browser; the one a reader is in is always open.
{
  const name = "chengxin-chapters", sections = document.querySelectorAll("[data-section]");
  let kept = {};
  try { kept = JSON.parse(localStorage.getItem(name)) || {}; } catch { /* what cannot be read counts as nothing */ }
  for (const section of sections) {
    if (section.dataset.section in kept && !section.querySelector("[aria-current]")) section.open = kept[section.dataset.section];
    section.querySelector("summary").addEventListener("click", () => {
      kept[section.dataset.section] = !section.open;
      localStorage.setItem(name, JSON.stringify(kept));
    });
  }
}

// Escape folds the menu of the phone and gives the focus back to its button.
document.addEventListener("keydown", (event) => {
  const menu = document.querySelector(".navigation.open"), button = document.querySelector("[data-toggle-menu]");
  if (event.key !== "Escape" || !menu || !menu.contains(document.activeElement)) return;
  menu.classList.remove("open");
  button.setAttribute("aria-expanded", "false");
  button.focus();
});

document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) window.print(); });

// A form marked data-once is sent once: the second click finds the button disabled.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  for (const button of form.querySelectorAll("button[type=submit]")) {
    button.setAttribute("aria-busy", "true");
    button.classList.add("disabled");
  }
});

// Coming back with the browser's back button shows the kept page: let the form be used again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("[data-once]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button[type=submit]")) button.classList.remove("disabled");
  }
});

// On a phone the filters of a list start folded, unless one of them is in use.
for (const filters of document.querySelectorAll("[data-fold=phone]")) {
  if (window.matchMedia("(max-width: 760px)").matches) filters.removeAttribute("open");
}

// "/" goes to the search box, wherever one is and nothing is being typed; the arrow keys walk through what was found.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
  const box = document.querySelector("[data-search-box]");
  if (event.key === "/" && box) { event.preventDefault(); box.focus(); box.select(); }
  const found = [...document.querySelectorAll("[data-found] a")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !found.length) return;
  const at = found.indexOf(document.activeElement);
  if (at < 0 && step < 0) return;
  event.preventDefault();
  found[Math.max(0, Math.min(found.length - 1, at + step))].focus();
});
