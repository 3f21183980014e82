// What is typed into a form marked data-draft is kept in this browser until it was handed in, and filled in where the form comes back
// empty: after a closed tab, a lost network, a long telephone call. A form that the server sent back filled in has data-filled.
{
  const place = (name) => `draft:${document.body.dataset.user}:${name}`;
  const fieldsOf = (form) => [...form.elements].filter((field) => field.name && !["hidden", "file", "submit", "button"].includes(field.type));
  const isTicked = (field) => ["checkbox", "radio"].includes(field.type);
  const read = (name) => { try { return JSON.parse(localStorage.getItem(name)); } catch { return null; } };
  const write = (name, kept) => { try { localStorage.setItem(name, JSON.stringify(kept)); } catch { /* a full store keeps nothing */ } };

  const keep = (form, name) => write(name, {
    at: new Date().toLocaleString("zh-CN", { dateStyle: "short", timeStyle: "short" }),
    fields: fieldsOf(form).map((field) => [field.name, field.value, isTicked(field) ? field.checked : null]),
  });

  const fill = (form, kept) => {
    for (const field of fieldsOf(form)) {
      const found = kept.fields.find(([name, value]) => name === field.name && (!isTicked(field) || value === field.value));
      if (found && isTicked(field)) field.checked = found[2];
      else if (found) field.value = found[1];
    }
    form.dispatchEvent(new Event("input"));
  };

  const tell = (form, name, at) => {
    const line = document.createElement("p"), text = document.createElement("span"), away = document.createElement("button");
    line.className = "alert alert-info kept-draft";
    line.setAttribute("role", "status");
    text.textContent = `已恢复本机 ${at} 保存、还没有提交的内容。`;
    away.type = "button";
    away.className = "btn btn-sm";
    away.textContent = "清空重填";
    away.addEventListener("click", () => { form.reset(); localStorage.removeItem(name); line.remove(); form.dispatchEvent(new Event("input")); });
    line.append(text, " ", away);
    form.prepend(line);
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const done of document.querySelectorAll("[data-draft-done]")) localStorage.removeItem(place(done.dataset.draftDone));
    for (const form of document.querySelectorAll("form[data-draft]")) {
      const name = place(form.dataset.draft), kept = read(name);
      if ("filled" in form.dataset) keep(form, name);
      else if (kept) { fill(form, kept); tell(form, name, kept.at); }
      form.addEventListener("input", (event) => { if (event.target !== form) keep(form, name); });
      form.addEventListener("change", () => keep(form, name));
    }
  });
}
