// The checklist: shows what was marked, keeps a draft with every touch and each photo as it is taken, and sends them.
document.addEventListener("DOMContentLoaded", async () => {
  const form = document.querySelector("[data-visit]");
  if (!form || !window.indexedDB) return;
  const owner = document.body.dataset.user, id = `${owner}:${form.dataset.visit}`;
  const button = form.querySelector("[data-send]");
  const today = () => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(new Date());
  const clock = (moment) => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "short" }).format(new Date(moment));
  let timer = 0;

  const show = () => {
    let problems = 0, seen = 0;
    for (const row of form.querySelectorAll("[data-member]")) {
      const entries = [...row.querySelectorAll("[data-entry]")].filter((each) => each.value);
      const state = row.querySelector("[data-state]"), absent = row.querySelector("[data-absent]"), ticked = row.querySelector("[data-seen]");
      const checked = !("unit" in row.dataset) && (entries.length || (absent ? !absent.checked : ticked?.checked));
      state.textContent = entries.length ? entries.map((each) => each.selectedOptions[0].text).join("、") : absent?.checked ? "未查到" : checked || "unit" in row.dataset ? "未见问题" : "未检查";
      state.className = `tone tone-${entries.length ? "bad" : absent?.checked ? "warn" : checked ? "ok" : "muted"}`;
      row.classList.toggle("marked", Boolean(entries.length || absent?.checked));
      problems += entries.length;
      seen += checked ? 1 : 0;
    }
    form.querySelector("[data-summary]").textContent = `已检查 ${seen} 人，${problems} 个问题`;
  };

  const draft = (queued) => {
    const fields = [...new FormData(form)].filter(([name, value]) => name !== "csrfmiddlewaretoken" && !(value instanceof File));
    return { id, owner, title: form.dataset.title, action: location.pathname, photosTo: form.dataset.photosTo, queued, fields };
  };
  const touch = () => {
    if (!form.elements.observed_at.value) form.elements.observed_at.value = new Date().toISOString();
    return visitOutbox.keep(draft(false));
  };

  const restore = (kept) => {
    for (const box of form.querySelectorAll("input[type=checkbox]")) box.checked = false;
    const places = new Map();
    for (const [name, value] of kept.fields) {
      const found = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)].filter((each) => each.type !== "hidden" || name === "client_key" || name === "observed_at");
      const box = found.find((each) => each.type === "checkbox" && each.value === value);
      if (box) { box.checked = true; continue; }
      const place = places.get(name) || 0;
      if (found[place] && found[place].type !== "checkbox") found[place].value = value;
      places.set(name, place + 1);
    }
    for (const row of form.querySelectorAll(".marked details")) row.open = true;
  };

  const list = async () => {
    const photos = await visitOutbox.photos(id);
    // nothing waits from here on: two lists at once must not show a photo twice
    for (const line of form.querySelectorAll("[data-kept]")) line.remove();
    for (const photo of photos) {
      form.querySelector(`[data-photo="${photo.key}"]:not([data-kept])`)?.remove();
      const line = document.createElement("li");
      line.dataset.photo = line.dataset.kept = photo.key;
      const state = photo.arrived ? `已送达：上传 ${clock(photo.uploaded_at)}` : photo.refused ? photo.refused : "已保存在本机，等待送达";
      line.append(`拍摄 ${clock(photo.captured_at)}，${state}`);
      if (!photo.arrived) {
        const remove = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm", textContent: "删除" });
        remove.addEventListener("click", async () => { await visitOutbox.dropPhoto(photo.key); list(); });
        line.append(" ", remove);
      }
      form.querySelector(`[data-photo-list="${photo.person}"]`)?.append(line);
    }
  };

  const settle = (result) => {
    button.disabled = false;
    if (!result) return;
    if (result.url) { location.assign(result.url); return; }
    button.textContent = result.kept && result.draft.queued ? "等待网络，点此重试" : "提交检查结果";
    clearTimeout(timer);
    if (result.kept) timer = setTimeout(retry, 15000);
  };
  const retry = async () => { clearTimeout(timer); settle(await visitOutbox.flush(owner, id)); await list(); };

  const take = async (input) => {
    const files = [...input.files];
    input.value = "";  // from here on the photo is the outbox's, and is not sent a second time with the form
    for (const file of files) {
      const content = await file.arrayBuffer();
      await visitOutbox.keepPhoto({
        key: crypto.randomUUID?.() ?? "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) => (c ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> c / 4).toString(16)),
        sheet: id, person: input.dataset.photos, name: file.name || "照片.jpg", type: file.type, content, sha256: await visitOutbox.digest(content),
        captured_at: new Date(Math.min(file.lastModified || Date.now(), Date.now())).toISOString(), arrived: false,
      });
    }
    await touch();
    await list();
    retry();
  };

  // a sheet kept from an earlier day and opened without network is a sheet of today, unless it was begun before
  const kept = await visitOutbox.sheet(id);
  if (form.dataset.renderedOn !== today() && !kept) {
    form.elements.held_on.value = today();
    visitOutbox.say(`没有网络：按 ${form.dataset.renderedOn} 的名册检查。`);
  }
  if (kept) {
    restore(kept);
    visitOutbox.say(kept.queued ? "检查表已保存在本机，正在送达……" : "已恢复上次未提交的检查表。");
  }
  show();
  await list();
  form.addEventListener("input", (event) => { if (event.target.type !== "file") { show(); touch(); } });
  form.addEventListener("change", (event) => { if (event.target.type === "file" && event.target.files.length) take(event.target); });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    await touch();
    await visitOutbox.keep(draft(true));
    await retry();
  });
  document.addEventListener("photo-arrived", list);
  window.addEventListener("online", retry);
  if (kept) retry();
});
