// A part that could not be fetched says so and offers to try again; nothing is lost, for a trial keeps nothing.
for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    const part = event.target.closest("[data-counting]");
    if (!part) return;
    const told = document.createElement("p");
    told.className = "alert alert-danger";
    told.setAttribute("role", "alert");
    const again = document.createElement("a");
    again.href = part.getAttribute("hx-get");
    again.textContent = "单独打开重试";
    told.append("这一部分没有算出来。", again);
    part.replaceChildren(told);
  });
}
