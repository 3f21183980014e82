// The roll-call sheet: shows exceptions, keeps a draft on the phone with every touch, and sends it once.
document.addEventListener("DOMContentLoaded", async () => {
  const form = document.querySelector("[data-roll-call]");
  if (!form || !window.indexedDB) return;
  const owner = document.body.dataset.user;
  const today = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(new Date());
  const id = `${owner}:${form.dataset.rollCall}:${today}`;
  const button = form.querySelector("[data-send]");
  const key = form.elements.client_key;
  const files = new Map(); // field name -> photos restored from the draft
  let timer = 0;

  const show = () => {
    let exceptions = 0, absent = 0;
    for (const row of form.querySelectorAll("[data-member]")) {
      const entries = [...row.querySelectorAll("[data-entry]")].filter((each) => each.value);
      const away = row.querySelector("[data-absent]")?.checked;
      const state = row.querySelector("[data-state]");
      if (!state) continue;
      state.dataset.normal ||= state.textContent;
      state.textContent = entries.length ? entries.map((each) => each.selectedOptions[0].text).join("、") : away ? "未到" : state.dataset.normal;
      state.className = `tone tone-${entries.length ? "bad" : away ? "warn" : state.dataset.normal === "合格" ? "ok" : "muted"}`;
      row.classList.toggle("marked", Boolean(entries.length || away));
      exceptions += entries.length ? 1 : 0;
      absent += away ? 1 : 0;
    }
    form.querySelector("[data-summary]").textContent = exceptions || absent ? `${exceptions} 人有问题，${absent} 人未到` : "全部合格";
  };

  const draft = (queued) => {
    const fields = [...new FormData(form)].filter(([name, value]) => name !== "csrfmiddlewaretoken" && !(value instanceof File && !value.size));
    for (const [name, kept] of files) if (!form.elements[name]?.files.length) fields.push(...kept.map((file) => [name, file]));
    return { id, owner, title: form.dataset.title, action: location.pathname, queued, fields };
  };

  const restore = (kept) => {
    for (const box of form.querySelectorAll("input[type=checkbox]")) box.checked = false;
    const selects = new Map();
    for (const [name, value] of kept.fields) {
      if (value instanceof File) { files.set(name, [...(files.get(name) || []), value]); continue; }
      const found = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
      if (name === "absent") found.forEach((box) => { box.checked ||= box.value === value; });
      else if (found[0]?.type === "checkbox") found[0].checked = true;
      else if (found.length) {
        const place = selects.get(name) || 0;
        if (found[place]) found[place].value = value;
        selects.set(name, place + 1);
      }
    }
    for (const [name, photos] of files) {
      form.elements[name]?.insertAdjacentHTML("afterend", `<p class="hint">本机已保存 ${photos.length} 张照片</p>`);
    }
  };

  const settle = (result) => {
    button.disabled = false;
    if (!result) return;
    if (result.url) { location.assign(result.url); return; }
    outbox.say(result.text);
    button.textContent = result.kept ? "等待网络，点此重试" : "提交点验";
    if (result.kept) timer = setTimeout(retry, 15000);
  };
  const retry = async () => { clearTimeout(timer); settle(await outbox.flush(owner)); };

  // a sheet kept from another day (opened without network) becomes a new roll-call of today
  if (form.dataset.renderedOn !== today) {
    form.elements.held_on.value = today;
    key.value = crypto.randomUUID();
    outbox.say(`没有网络：按 ${form.dataset.renderedOn} 的名册点验。`);
  }
  const kept = await outbox.get(id);
  if (kept) {
    restore(kept);
    outbox.say(kept.queued ? "点验已保存在本机，正在送达……" : "已恢复上次未提交的点验。");
  }
  show();
  form.addEventListener("input", () => { show(); outbox.put(draft(false)); });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    await outbox.put(draft(true));
    await retry();
  });
  window.addEventListener("online", retry);
  if (kept?.queued) retry();
});
