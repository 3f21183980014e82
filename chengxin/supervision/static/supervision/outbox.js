// Inspection sheets that wait on this phone. Photos go first, one by one; each is let go only when the server has answered with the
// digest of what it kept. The sheet goes last, once. Both carry names of their own, so what is sent again is answered, never doubled.
const visitOutbox = (() => {
  const open = () => new Promise((resolve, reject) => {
    const asked = indexedDB.open("chengxin-visits", 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("sheets", { keyPath: "id" });
      asked.result.createObjectStore("photos", { keyPath: "key" }).createIndex("sheet", "sheet");
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  const act = async (name, mode, work) => {
    const base = await open();
    return new Promise((resolve, reject) => {
      const change = base.transaction(name, mode), asked = work(change.objectStore(name));
      // kept means durable: a photo is on the phone once the transaction is over, not when it was asked for
      change.oncomplete = () => { base.close(); resolve(asked.result); };
      change.onerror = change.onabort = () => { base.close(); reject(change.error); };
    });
  };
  const sheet = (id) => act("sheets", "readonly", (store) => store.get(id));
  const keep = (draft) => act("sheets", "readwrite", (store) => store.put(draft));
  const photos = (id) => act("photos", "readonly", (store) => store.index("sheet").getAll(id));
  const keepPhoto = (photo) => act("photos", "readwrite", (store) => store.put(photo));
  const dropPhoto = (key) => act("photos", "readwrite", (store) => store.delete(key));
  const forget = async (id) => {
    for (const photo of await photos(id)) await dropPhoto(photo.key);
    await act("sheets", "readwrite", (store) => store.delete(id));
  };
  const waiting = async (owner) => (await act("sheets", "readonly", (store) => store.getAll())).filter((each) => each.owner === owner);

  const post = async (address, fields) => {
    const body = new FormData();
    for (const [name, value, file] of fields) file ? body.append(name, value, file) : body.append(name, value);
    const token = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
    const headers = { Accept: "application/json", "X-CSRFToken": token ? token.slice(10) : "" };
    try {
      const answer = await fetch(address, { method: "POST", body, headers });
      return { ok: answer.ok, status: answer.status, told: await answer.json().catch(() => ({})) };
    } catch {
      return { ok: false, status: 0, told: {} };
    }
  };
  const later = (answer) => answer.status === 0 || answer.status === 401 || answer.status >= 500;

  const digest = async (content) => {
    if (!window.crypto?.subtle) return "";  // without a secure connection the server's own digest has to do
    return [...new Uint8Array(await crypto.subtle.digest("SHA-256", content))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  // every photo of a sheet that has not arrived; the first that cannot go ends the round
  const sendPhotos = async (draft) => {
    for (const photo of await photos(draft.id)) {
      if (photo.arrived) continue;
      const fields = [["client_key", photo.key], ["captured_at", photo.captured_at], ["person", photo.person], ["sha256", photo.sha256],
        ["file", new Blob([photo.content], { type: photo.type }), photo.name]];
      const answer = await post(draft.photosTo, fields);
      if (answer.ok && (!photo.sha256 || photo.sha256 === answer.told.sha256)) {
        // only now may the phone let go of the bytes; the digest stays until the sheet has gone
        await keepPhoto({ ...photo, content: null, sha256: answer.told.sha256, uploaded_at: answer.told.uploaded_at, arrived: true });
        document.dispatchEvent(new CustomEvent("photo-arrived", { detail: photo.key }));
        continue;
      }
      if (later(answer) || answer.told.code === "damaged" || answer.ok) return { kept: true, text: answer.told.detail };
      await keepPhoto({ ...photo, refused: answer.told.detail || "没有送达" });
      return { refused: true, text: `照片“${photo.name}”：${answer.told.detail || "没有送达，请删除后重新添加。"}` };
    }
    return { sent: true };
  };

  const send = async (draft) => {
    const going = await sendPhotos(draft);
    if (!going.sent) return { ...going, text: going.text || "没有网络：检查表和照片已保存在本机，恢复后自动送达。" };
    if (!draft.queued) return { idle: true };
    const arrived = (await photos(draft.id)).map((photo) => ["photo", `${photo.key} ${photo.sha256}`]);
    const answer = await post(draft.action, [...draft.fields, ...arrived]);
    if (answer.ok) {
      await forget(draft.id);
      return { url: answer.told.url };
    }
    if (later(answer)) return { kept: true, text: answer.told.detail || "没有网络：检查表和照片已保存在本机，恢复后自动送达。" };
    if (answer.told.code === "photos_missing") {
      for (const photo of await photos(draft.id)) if (photo.content) await keepPhoto({ ...photo, arrived: false });
      await keep({ ...draft, queued: false });
      return { refused: true, text: answer.told.detail };
    }
    await keep({ ...draft, queued: false });
    return { refused: true, text: answer.told.detail || "没有送达，请更正后再提交。" };
  };

  const say = (text) => {
    for (const place of document.querySelectorAll("[data-outbox-status]")) {
      place.textContent = text;
      place.hidden = !text;
    }
  };

  // one round at a time on a page, and with the browser's own lock one page at a time
  let running = null;
  const round = async (owner, only) => {
    let last = null;
    for (const draft of await waiting(owner)) {
      if (only && draft.id !== only) continue;
      const result = await send(draft);
      if (result.url) say(`${draft.title}已送达。`);
      else if (result.text) say(result.text);
      if (!result.idle) last = { draft, ...result };
    }
    return last;
  };
  const flush = async (owner, only) => {
    if (running) { await running; }
    const work = () => round(owner, only);
    running = navigator.locks ? navigator.locks.request("chengxin-visits", work) : work();
    try { return await running; } finally { running = null; }
  };
  return { sheet, keep, photos, keepPhoto, dropPhoto, digest, flush, say };
})();

// whatever page carries this script sends what waits, now and when the network comes back
document.addEventListener("DOMContentLoaded", () => {
  const owner = document.body.dataset.user;
  if (!owner || !window.indexedDB || document.querySelector("[data-visit]")) return;
  visitOutbox.flush(owner);
  window.addEventListener("online", () => visitOutbox.flush(owner));
});
