// Roll-calls that wait on this phone: kept in IndexedDB, sent once, removed only when the server has answered.
// The server knows each sending by its client_key, so a repeated sending is answered and never doubled.
const outbox = (() => {
  const open = () => new Promise((resolve, reject) => {
    const asked = indexedDB.open("chengxin", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("roll-calls", { keyPath: "id" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  const act = async (mode, work) => {
    const base = await open();
    return new Promise((resolve, reject) => {
      const asked = work(base.transaction("roll-calls", mode).objectStore("roll-calls"));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  };
  const get = (id) => act("readonly", (store) => store.get(id));
  const all = () => act("readonly", (store) => store.getAll());
  const put = (draft) => act("readwrite", (store) => store.put(draft));
  const remove = (id) => act("readwrite", (store) => store.delete(id));

  // a draft: {id, owner, title, action, queued, fields: [[name, text or File]]}
  const send = async (draft) => {
    const body = new FormData();
    for (const [name, value] of draft.fields) body.append(name, value);
    const token = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
    const headers = { Accept: "application/json", "X-CSRFToken": token ? token.slice(10) : "" };
    let answer;
    try {
      answer = await fetch(draft.action, { method: "POST", body, headers });
    } catch {
      return { kept: true, text: "没有网络：点验已保存在本机，恢复后自动送达。" };
    }
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) {
      await remove(draft.id);
      return { url: told.url };
    }
    if (answer.status === 401 || answer.status >= 500) return { kept: true, text: told.detail || "服务器暂时不能处理：点验已保存在本机，稍后自动再送。" };
    await put({ ...draft, queued: false });
    return { refused: true, text: told.detail || "没有送达，请更正后再提交。" };
  };

  const say = (text) => {
    for (const place of document.querySelectorAll("[data-outbox-status]")) {
      place.textContent = text;
      place.hidden = !text;
    }
  };

  let running = false;
  const flush = async (owner) => {
    if (running) return null;
    running = true;
    try {
      let last = null;
      for (const draft of (await all()).filter((each) => each.queued && each.owner === owner)) {
        const result = await send(draft);
        say(result.url ? `${draft.title}已送达。` : result.text);
        last = { draft, ...result };
      }
      return last;
    } finally {
      running = false;
    }
  };
  return { get, put, remove, flush, say };
})();

// whatever page carries this script sends what waits, now and when the network comes back
document.addEventListener("DOMContentLoaded", () => {
  const owner = document.body.dataset.user;
  if (document.querySelector("[data-roll-call]")) return;
  outbox.flush(owner);
  window.addEventListener("online", () => outbox.flush(owner));
});
