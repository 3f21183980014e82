// Judges' sheets that wait on this phone: every touch is kept; a submitted one is sent until the server has answered. Each carries a
// key of its own, so what is sent again is answered, never doubled.
document.addEventListener("DOMContentLoaded", () => {
  const owner = document.body.dataset.user, forms = [...document.querySelectorAll("[data-sheet]")];
  const place = (form) => `contest-sheet:${owner}:${form.dataset.sheet}`;
  const kept = (form) => JSON.parse(localStorage.getItem(place(form)) || "null");
  const keep = (form, queued) => localStorage.setItem(place(form), JSON.stringify({ queued, fields: fieldsOf(form) }));
  const forget = (form) => localStorage.removeItem(place(form));
  const fieldsOf = (form) => [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken" && name !== "act");
  const say = (text) => {
    const line = document.querySelector("[data-outbox-status]");
    line.textContent = text;
    line.hidden = !text;
  };
  const mark = (form, text, tone) => {
    const badge = form.closest("[data-member]").querySelector("[data-state]");
    badge.textContent = text;
    badge.className = `tone tone-${tone}`;
  };
  const refuse = (form, text) => {
    const line = form.querySelector("[data-refused]");
    line.textContent = text;
    line.hidden = !text;
  };
  const total = (form) => {
    const given = [...form.querySelectorAll("[data-points]")].map((field) => field.value).filter(Boolean);
    form.querySelector("[data-total]").textContent = given.length ? String(given.reduce((sum, text) => sum + Math.round(Number(text) * 100), 0) / 100) : "—";
  };

  const post = async (form, act, fields) => {
    const body = new FormData();
    for (const [name, value] of [...fields, ["act", act]]) body.append(name, value);
    const token = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
    const headers = { Accept: "application/json", "X-CSRFToken": token ? token.slice(10) : "" };
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers });
      return { ok: answer.ok, status: answer.status, told: await answer.json().catch(() => ({})) };
    } catch {
      return { ok: false, status: 0, told: {} };
    }
  };

  const send = async (form, act) => {
    if (form.dataset.sending) return;
    form.dataset.sending = "yes";
    const answer = await post(form, act, fieldsOf(form));
    delete form.dataset.sending;
    if (answer.ok) {
      refuse(form, "");
      say(answer.told.text);
      forget(form);
      if (answer.told.state !== "submitted") { mark(form, "草稿", "warn"); return; }
      mark(form, `已提交 ${form.querySelector("[data-total]").textContent} 分`, "ok");
      for (const field of form.elements) field.disabled = true;
      const done = document.querySelector("[data-done]");
      done.textContent = String(Number(done.textContent) + 1);
    } else if (answer.status === 0 || answer.status === 401 || answer.status >= 500) {
      say(answer.told.detail || "没有网络：评分已保存在本机，恢复后自动送达。");
      mark(form, act === "submit" ? "等待送达" : "保存在本机", "warn");
    } else {
      keep(form, false);
      refuse(form, answer.told.detail || "没有送达，请更正后再提交。");
      mark(form, "请更正", "bad");
    }
  };

  // what has arrived needs no keeping, even if its answer was lost
  for (const line of document.querySelectorAll("[data-arrived]")) localStorage.removeItem(`contest-sheet:${owner}:${line.dataset.arrived}`);
  const flush = () => forms.filter((form) => kept(form)?.queued).forEach((form) => send(form, "submit"));
  for (const form of forms) {
    const before = kept(form);
    for (const [name, value] of before?.fields || []) if (form.elements[name]) form.elements[name].value = value;
    if (before) mark(form, before.queued ? "等待送达" : "保存在本机", "warn");
    total(form);
    form.addEventListener("input", () => { keep(form, false); total(form); mark(form, "保存在本机", "warn"); });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const act = event.submitter?.value === "save" ? "save" : "submit";
      keep(form, act === "submit");
      send(form, act);
    });
  }
  window.addEventListener("online", flush);
  setInterval(flush, 15000);
  flush();
});
