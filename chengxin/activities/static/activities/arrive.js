// The phone that scanned: one gesture is enough, so the page sends its own form.
const form = document.querySelector("[data-arrive]");
if (form) form.requestSubmit();
