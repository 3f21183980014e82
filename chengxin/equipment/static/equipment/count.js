// A count on this device: every scan is kept here first, sent with its running number, and struck off when the server has it.
document.addEventListener("DOMContentLoaded", () => {
  const place = document.querySelector("[data-count]");
  if (!place) return;
  const name = `chengxin-count:${document.body.dataset.user}:${place.dataset.count}`;
  const kept = JSON.parse(localStorage.getItem(name) || "null") || { device: crypto.randomUUID(), total: 0, scans: [], done: false, finished: false };
  const status = place.querySelector("[data-status]"), last = place.querySelector("[data-last]"), pending = place.querySelector("[data-pending]");
  const expected = new Map([...document.querySelectorAll("[data-number]")].map((row) => [row.dataset.number, row]));
  let sending = false, again = false;

  const keep = () => {
    localStorage.setItem(name, JSON.stringify(kept));
    pending.textContent = kept.scans.length ? `${kept.scans.length} 条待送达` : kept.total ? `本机 ${kept.total} 条已全部送达` : "";
  };
  const say = (text, good) => {
    last.textContent = text;
    last.classList.toggle("bad", !good);
    scanner.beep(good);
  };
  const post = (body) => {
    const token = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
    const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token ? token.slice(10) : "" };
    return fetch(place.dataset.address, { method: "POST", headers, body: JSON.stringify({ device: kept.device, total: kept.total, ...body }) });
  };
  const send = async () => {
    if (sending) { again = true; return; }
    sending = true;
    try {
      const answer = await post({ scans: kept.scans.slice(0, 500), done: kept.done && kept.scans.length <= 500 });
      const told = await answer.json().catch(() => ({}));
      if (!answer.ok) { status.textContent = told.detail || "服务器暂时不能处理，扫描仍保存在本机。"; return; }
      kept.finished = Boolean(told.done);
      const there = new Set(told.kept);
      kept.scans = kept.done && told.done ? [] : kept.scans.filter((scan) => !there.has(scan.n));
      for (const number of told.found) expected.get(number)?.classList.add("seen");
      status.textContent = told.done ? "这台设备扫描完毕。全部设备完毕后可以结束清点。" : `已找到 ${told.found.length} 件，还差 ${told.missing} 件。`;
      keep();
      if (told.done) location.reload();
    } catch {
      status.textContent = "没有网络：扫描已保存在本机，恢复后自动送达。";
    } finally {
      sending = false;
      if (kept.scans.length || (kept.done && !kept.finished)) setTimeout(send, again ? 100 : 3000);
      again = false;
    }
  };

  const found = (code) => {
    kept.total += 1;
    kept.done = false;
    kept.finished = false;
    kept.scans.push({ n: kept.total, code, at: new Date().toISOString() });
    keep();
    const number = code.split(":")[1] || code, row = expected.get(number);
    if (row?.dataset.scanned) say(`${number} 已扫过。`, false);
    else if (row) { row.dataset.scanned = "yes"; row.classList.add("seen"); say(`${number} ✓`, true); }
    else say(`${number}：不在应有清单中，已记下。`, false);
    send();
  };

  scanner.attach(place, found, say).focus();
  place.querySelector("[data-done]").addEventListener("click", () => {
    kept.done = true;
    keep();
    send(); // a sending that is under way is followed by another one
  });
  window.addEventListener("online", send);
  keep();
  if (kept.scans.length || (kept.done && !kept.finished)) send(); // who only looks does not take part
});
