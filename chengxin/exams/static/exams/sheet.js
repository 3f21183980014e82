// The sheet of an exam: each answer goes to the server under a running number; what has not arrived stays on this device and is sent again.
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("[data-exam]");
  if (!form) return;
  const key = `chengxin-exam:${document.body.dataset.user}:${form.dataset.exam}`;
  const say = (text) => { form.querySelector("[data-status]").textContent = text; };
  const read = () => examOutbox.read(key);
  const write = (kept) => { if (!examOutbox.write(key, kept)) say("本机存储已满：请保持网络畅通。"); };
  const place = (number) => form.querySelector(`[data-place="${number}"]`);
  const inputs = (box) => [...box.querySelectorAll("input")];
  const note = (box, text) => { box.querySelector("[data-kept]").textContent = text; };
  let ends = performance.now() + Number(form.dataset.left) * 1000, stopped = false, running = null, retry = 0;
  form.dataset.scripted = "yes";

  const response = (box) => {
    const all = inputs(box);
    return all[0].type === "text" ? all[0].value : all.filter((each) => each.checked).map((each) => each.value).sort().join("");
  };
  const show = (box, text) => {
    for (const each of inputs(box)) each.type === "text" ? each.value = text : each.checked = text.includes(each.value);
  };
  const stop = (text) => {
    stopped = true;
    const told = document.querySelector("[data-stopped]");
    told.textContent = text;
    told.hidden = false;
    const on = Object.assign(document.createElement("a"), { href: location.pathname, textContent: "查看现在的情况", className: "btn" });
    told.append(" ", on);
    for (const each of form.querySelectorAll("input, button")) each.disabled = true;
    told.scrollIntoView();
  };

  const understand = ({ status, told }) => {
    // what is not our own answer – a page to sign in again – is no acknowledgement
    if (status === 200 && "left" in told) { ends = performance.now() + told.left * 1000; return true; }
    if (told.code === "number_taken") location.reload();
    else if (status === 409 || status === 404) stop(told.detail || "不能继续作答。");
    else say(status === 0 ? "没有网络：答案已保存在本机，恢复后自动送达。" : told.detail || "暂时没有送达，稍后自动重试。");
    return false;
  };

  // one round at a time; whatever was changed meanwhile goes with the next turn of the loop
  const round = async () => {
    for (let next; !stopped && (next = Object.entries(read().waiting || {}).sort((a, b) => a[1].sequence - b[1].sequence)[0]);) {
      const [number, { sequence, text }] = next;
      if (!understand(await examOutbox.ask(form.dataset.save, { place: number, sequence, response: text }))) return false;
      const kept = read();
      if (kept.waiting?.[number]?.sequence === sequence) { delete kept.waiting[number]; write(kept); }
      if (!kept.waiting?.[number]) note(place(number), "已保存");
      say("答案已送达。");
    }
    return !stopped;
  };
  const flush = async () => {
    if (running) await running;
    clearTimeout(retry);
    running = round();
    const done = await running;
    running = null;
    if (!done && !stopped) retry = setTimeout(flush, 5000);
    return done;
  };

  const changed = (box) => {
    const kept = read(), sequence = Math.max(kept.next || 1, Number(form.dataset.next));
    write({ next: sequence + 1, waiting: { ...kept.waiting, [box.dataset.place]: { sequence, text: response(box) } } });
    note(box, "已保存在本机，等待送达");
    flush();
  };
  for (const [number, { sequence, text }] of Object.entries(read().waiting || {})) {
    const box = place(number);
    if (box && sequence > Number(box.dataset.sequence)) { show(box, text); note(box, "已保存在本机，等待送达"); }
    else { const kept = read(); delete kept.waiting[number]; write(kept); }
  }
  let typing = 0;
  form.addEventListener("change", (event) => { clearTimeout(typing); changed(event.target.closest("[data-place]")); });
  form.addEventListener("input", (event) => {
    if (event.target.type !== "text") return;
    clearTimeout(typing);
    typing = setTimeout(() => changed(event.target.closest("[data-place]")), 1500);
  });
  form.addEventListener("submit", async (event) => {
    if (form.dataset.ready) return;
    event.preventDefault();
    const button = event.submitter;
    // in a turn of its own: a form that is being submitted cannot be submitted again
    if (await flush()) setTimeout(() => { form.dataset.ready = "yes"; form.requestSubmit(button); });
    else if (!stopped) say("还有答案没有送达：恢复网络后再交卷，到时系统按已送达的答案收卷。");
  });
  setInterval(() => {
    const left = Math.max(0, Math.ceil((ends - performance.now()) / 1000));
    form.querySelector("[data-left-shown]").textContent = `剩余 ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (!left && !stopped) { stop("答题时间已到，系统已按时收卷。"); location.assign(form.dataset.result); }
  }, 500);
  const look = async () => { if (!stopped && !document.hidden) understand(await examOutbox.ask(form.dataset.clock)); };
  setInterval(look, 60000);
  document.addEventListener("visibilitychange", look);
  window.addEventListener("online", flush);
  flush();
});
