// Copy the code of a receipt.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const code = document.querySelector(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(code.textContent.trim());
    button.textContent = "已复制";
  } catch {
    const range = document.createRange();  // no clipboard here: mark it, so that the person can copy
    range.selectNodeContents(code);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  }
});
