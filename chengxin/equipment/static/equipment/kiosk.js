// The kiosk's screen: keeper's card, then a person and items to take, or items alone to bring back, then one commit.
document.addEventListener("DOMContentLoaded", () => {
  const { kept, keep, ask } = counter;
  const find = (name) => document.querySelector(`[data-${name}]`);
  const kinds = JSON.parse(document.getElementById("kinds").textContent);
  const make = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text, ...more });

  const say = (text, good) => {
    find("said").textContent = text;
    find("said").className = `said ${good ? "ok" : "bad"}`;
    scanner.beep(good);
  };
  const online = (yes) => { find("net").textContent = yes ? "联机" : "没有网络，正在重试"; find("net").classList.toggle("off", !yes); };
  const clock = (text) => new Date(text).toLocaleString("zh-CN", { timeZone: "Asia/Shanghai", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });

  // one line of the basket
  const taking = () => Boolean(kept.holder);
  const lending = () => taking() && Boolean(kept.loan);
  // before duty everything is checked; after it only what is a yes or no: a charge used up on duty is no fault
  const checksOf = (row) => taking() ? row.checks : row.condition === "good" ? row.checks.filter((check) => check.least == null && check.most == null) : [];
  const ready = (row) => checksOf(row).every((check) => check.code in row.readings);
  const failed = (row) => !taking() && checksOf(row).some((check) => row.readings[check.code] === false);
  const problem = (row) => {
    if (row.refused) return row.refused;
    if (!row.known) return "没有网络，恢复后核对";
    if (taking() && row.service !== "ready") return row.label;
    if (taking() && row.where === "out") return `${row.holder} 领用中，自 ${clock(row.since)}`;
    if (taking() && row.where === "returned") return "上一次归还还没有验收";
    if (!taking() && row.where !== "out") return "没有领用记录";
    if (failed(row)) return "检查不合格：请把状况改为故障或损坏";
    return "";
  };
  const line = (row, index) => {
    const why = problem(row), item = make("li", "", { className: why ? (row.known ? "bad" : "wait") : ready(row) ? "ok" : "wait" });
    item.append(make("strong", row.number), make("span", row.title || ""), make("span", why || `${taking() ? "" : `${row.holder} 归还`}${ready(row) ? (taking() ? "检查合格" : "") : taking() ? "请检查" : "，请检查"}`, { className: "why" }));
    if (!why || failed(row)) for (const check of checksOf(row)) item.append(reading(row, check));
    if ((!why || failed(row)) && !taking()) item.append(...condition(row));
    const remove = make("button", "移除", { type: "button", className: "btn", ariaLabel: `移除 ${row.number}` });
    remove.addEventListener("click", () => { kept.basket.splice(index, 1); show(); });
    item.append(remove);
    return item;
  };
  const reading = (row, check) => {
    const good = row.readings[check.code];
    const button = make("button", `${check.title}${good === undefined ? "？" : good ? " ✓" : " ✗"}`, { type: "button", className: "btn" });
    button.addEventListener("click", () => { row.readings[check.code] = good === undefined ? true : !good; show(); });
    return button;
  };
  const condition = (row) => {
    const select = make("select", "", { className: "form-select", ariaLabel: `${row.number} 状况` });
    for (const [value, text] of [["good", "完好"], ["damaged", "故障或损坏"], ["lost", "遗失"]]) select.append(make("option", text, { value, selected: row.condition === value }));
    select.addEventListener("change", () => { row.condition = select.value; show(); });
    if (row.condition === "good") return [select];
    const note = make("input", "", { className: "form-control", value: row.note, placeholder: "写明情况", ariaLabel: `${row.number} 情况` });
    note.addEventListener("input", () => { row.note = note.value; keep(); });
    return [select, note];
  };

  const show = () => {
    keep();
    find("pair").hidden = Boolean(kept.token);
    find("desk").hidden = !kept.token;
    find("keeper").textContent = kept.turn ? `装备管理员：${kept.turn.keeper}` : "没有装备管理员";
    find("end").hidden = !kept.turn;
    find("title").textContent = !kept.turn ? "请装备管理员刷卡开台" : lending() ? "临时借用：扫描装备" : taking() ? "领用：扫描装备" : kept.basket.length ? "归还：继续扫描" : "扫描人员卡领用，或直接扫描装备归还";
    const person = find("person");
    person.hidden = !taking();
    person.replaceChildren(...(taking() ? about(kept.holder) : []));
    find("basket").replaceChildren(...kept.basket.map(line));
    find("kits").hidden = !taking();
    find("lend").setAttribute("aria-pressed", String(lending()));
    find("loan").hidden = !lending();
    for (const name of ["reason", "due"]) if (find(name).value !== (kept.loan?.[name] ?? "")) find(name).value = kept.loan?.[name] ?? "";
    const missing = kitMissing();
    find("kit-state").textContent = kept.kit ? (missing.length ? `还缺：${missing.map((kind) => kinds[kind]).join("、")}` : "已配齐") : "";
    document.querySelectorAll("[data-kit]").forEach((each) => each.setAttribute("aria-pressed", String(each.dataset.kit === kept.kit)));
    const busy = kept.waiting.length > 0, good = kept.basket.length && kept.basket.every((row) => !problem(row) || !row.known) && kept.basket.every(ready);
    find("all").hidden = !kept.basket.some((row) => row.known && !problem(row) && !ready(row));
    find("commit").hidden = !kept.basket.length;
    find("commit").disabled = busy || !good || missing.length > 0 || (lending() ? !(kept.loan.reason.trim() && kept.loan.due) : Boolean(kept.holder?.problem));
    find("commit").textContent = busy ? "正在送达……" : `确认${lending() ? "借用" : taking() ? "领用" : "归还"} ${kept.basket.length} 件`;
    find("clear").hidden = busy || !(kept.basket.length || taking());
  };
  const about = (holder) => [
    make("p", `${holder.name}（${holder.unit}）`, { className: "name" }),
    ...(lending() ? [] : [make("p", holder.problem || `${holder.shift}，应于 ${clock(holder.due_at)} 前归还`, { className: holder.problem ? "error" : "" })]),
    ...(holder.holds.length ? [make("p", `手中还有：${holder.holds.map((each) => `${each.title} ${each.number}${each.urgency === "late" ? "（逾期）" : ""}`).join("、")}`)] : []),
  ];
  const kitMissing = () => {
    const have = kept.basket.map((row) => row.kind);
    return (kept.kit ? kept.kit.split(" ") : []).filter((kind) => { const at = have.indexOf(kind); if (at < 0) return true; have.splice(at, 1); return false; });
  };

  // scanning
  const found = async (code) => {
    find("results").replaceChildren();
    if (kept.waiting.length) { say("上一笔还没有送达，请稍候。", false); return; }
    if (!kept.turn) { await openTurn(code); return; }
    if (kept.holder && code === kept.holder.scanned && !find("commit").disabled && kept.basket.length) { commit(); return; }
    if (/^E:|[A-Z]+.*-/.test(code)) await addItem(code); else await identify(code);
  };
  const openTurn = async (card) => {
    const answer = await ask("turns", { card });
    if (answer.told) { kept.turn = answer.told; say(`${answer.told.keeper} 已开台。`, true); online(true); }
    else { online(!answer.offline); say(answer.refused || "没有网络，不能开台，请稍后再刷。", false); if (answer.status === 401) kept.token = ""; }
    show();
  };
  const identify = async (text) => {
    if (kept.basket.length && !taking()) { say("清单中有待归还的装备，请先确认或清空。", false); return; }
    const answer = await ask(`holder?holder=${encodeURIComponent(text)}`);
    online(!answer.offline);
    if (!answer.told) { say(answer.refused || "没有网络，不能识别人员，请稍后再刷。", false); return; }
    kept.holder = { ...answer.told, scanned: text };
    say(answer.told.problem || `${answer.told.name}，请扫描装备。`, !answer.told.problem);
    show();
  };
  const look = async (row) => {
    const answer = await ask(`item?code=${encodeURIComponent(row.code)}`);
    online(!answer.offline);
    if (answer.offline) return;
    if (answer.refused) Object.assign(row, { known: true, refused: answer.refused });
    else Object.assign(row, { known: true, number: answer.told.number, kind: answer.told.kind, title: `${answer.told.title} ${answer.told.model_name}`, service: answer.told.service, label: answer.told.service_label, where: answer.told.place, holder: answer.told.holder, since: answer.told.since, checks: answer.told.checks });
  };
  const addItem = async (code) => {
    const number = code.startsWith("E:") ? code.split(":")[1] : code;
    if (kept.basket.some((row) => row.number === number)) { say(`${number} 已在清单中。`, false); return; }
    const row = { code, number, title: "", checks: [], readings: {}, condition: "good", note: "", known: false };
    kept.basket.push(row);
    keep();
    await look(row);
    const kept_ = kept.basket.find((each) => each.number === row.number && each !== row);
    if (row.refused || kept_) { kept.basket.splice(kept.basket.indexOf(row), 1); say(`${row.number}：${row.refused || "已在清单中。"}`, false); }
    else { const why = problem(row); say(why ? `${row.number}：${why}` : `${row.number} ${row.title}`, !why); }
    show();
  };

  // one commit
  const commit = () => {
    const items = taking() ? kept.basket.map(({ code, readings }) => ({ code, readings })) : kept.basket.map((row) => ({ code: row.code, condition: row.condition, note: row.note, readings: Object.fromEntries(checksOf(row).map((check) => [check.code, row.readings[check.code]])) }));
    const loan = lending() ? { reason: kept.loan.reason, due_at: kept.loan.due } : {};
    counter.enqueue(lending() ? "loan" : taking() ? "check-out" : "return", { ...loan, turn: kept.turn.turn, ...(taking() ? { holder: kept.holder.scanned } : {}), items });
    show();
    counter.flush(settled);
  };
  const settled = (gesture, answer) => {
    online(Boolean(gesture));
    if (!gesture) { say("没有网络：这一笔保存在本机，正在重试。请等送达后再放行。", false); show(); return; }
    if (answer.refused) {
      say(answer.refused, false);
      if (answer.code === "turn_over") kept.turn = null;
      if (answer.status === 401) kept.token = "";
      show();
      return;
    }
    const done = answer.told.filter((each) => each.done);
    find("results").replaceChildren(...answer.told.map((each) => { const item = make("li", "", { className: each.done ? "ok" : "bad" }); item.append(make("strong", each.number), make("span", each.done ? (each.due_at ? `应于 ${clock(each.due_at)} 前归还` : each.countersigned ? "已归还并验收" : "已归还，待验收") : each.message, { className: "why" })); return item; }));
    kept.basket = []; kept.holder = null; kept.kit = ""; kept.loan = null;
    say(`${{ "check-out": "已领用", loan: "已借出", return: "已归还" }[gesture.kind]} ${done.length} 件${done.length < answer.told.length ? `，${answer.told.length - done.length} 件没有办理` : ""}。`, done.length === answer.told.length);
    show();
  };

  find("pair-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    kept.token = document.getElementById("token").value.trim();
    const answer = await ask("item?code=E");
    if (answer.status === 401 || answer.status === 403 || answer.offline) { kept.token = ""; find("pair-error").textContent = answer.refused || "没有网络，请稍后再试。"; }
    show();
  });
  find("all").addEventListener("click", () => { for (const row of kept.basket) for (const check of checksOf(row)) row.readings[check.code] ??= true; show(); });
  find("commit").addEventListener("click", commit);
  find("clear").addEventListener("click", () => { Object.assign(kept, { basket: [], holder: null, kit: "", loan: null }); say("已清空。", true); show(); });
  find("end").addEventListener("click", async () => { await ask(`turns/${kept.turn.turn}/end`, {}); kept.turn = null; show(); });
  document.querySelectorAll("[data-kit]").forEach((each) => each.addEventListener("click", () => { kept.kit = kept.kit === each.dataset.kit ? "" : each.dataset.kit; show(); }));
  find("lend").addEventListener("click", () => { kept.loan = kept.loan ? null : { reason: "", due: "" }; show(); if (kept.loan) find("reason").focus(); });
  for (const name of ["reason", "due"]) find(name).addEventListener("input", (event) => { kept.loan[name] = event.target.value; show(); });
  window.addEventListener("online", async () => { for (const row of kept.basket.filter((each) => !each.known)) await look(row); show(); counter.flush(settled); });
  setInterval(async () => { const blind = kept.basket.filter((row) => !row.known); for (const row of blind) await look(row); if (blind.length) show(); }, 3000);
  scanner.attach(find("desk"), found, say).focus();
  show();
  counter.flush(settled);
});
