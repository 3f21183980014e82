// The wall screen asks for its figures every half minute, says how old they are, and says so when the connection is lost.
document.addEventListener("DOMContentLoaded", () => {
  const STORE = "chengxin-wall", EVERY = 30000, PATIENCE = 15000;
  const body = document.body, find = (name) => document.querySelector(`[data-${name}]`);
  let token = localStorage.getItem(STORE) || "", shown = "", timer = 0;
  const charts = [];

  const say = (text, lost = false) => { find("state").textContent = text; find("state").classList.toggle("lost", lost); };
  const pair = (problem) => {
    find("figures").hidden = true;
    find("pair").hidden = false;
    find("pair-error").textContent = problem;
    say("没有启用");
  };
  const fill = (place, tag, texts) => place.replaceChildren(...texts.map((text) => Object.assign(document.createElement(tag), { textContent: text })));

  const card = (each, index) => {
    const place = find("cards").children[index];
    place.querySelector("h2").textContent = each.title;
    place.querySelector(".value").textContent = each.label;
    place.querySelector(".value").classList.toggle("few", !each.is_rate);
    fill(place.querySelector("ul"), "li", each.notes);
    place.querySelector(".chart").setAttribute("aria-label", `${each.title}逐月走势`);
    charts[index].setOption(chartOptions(each.chart, { dark: true }), true);
  };
  const show = (told) => {
    find("pair").hidden = true;
    find("figures").hidden = false;
    while (find("cards").children.length < told.indicators.length) {
      find("cards").append(find("card").content.cloneNode(true));
      charts.push(drawChart(find("cards").lastElementChild.querySelector(".chart")));
    }
    told.indicators.forEach(card);
    fill(find("heads"), "th", ["单位", ...told.titles]);
    for (const head of find("heads").children) head.scope = "col";
    find("units").replaceChildren(...told.units.map((unit) => {
      const row = document.createElement("tr");
      row.append(Object.assign(document.createElement("th"), { textContent: unit.name, scope: "row" }));
      for (const text of unit.cells) row.append(Object.assign(document.createElement("td"), { textContent: text }));
      return row;
    }));
    shown = told.at;
    say(`数据 ${shown} 更新`);
  };

  const ask = async () => {
    clearTimeout(timer);
    const given = token ? { headers: { Authorization: `Bearer ${token}` }, credentials: "omit" } : {};
    let answer, told;
    try {
      answer = await fetch(`${body.dataset.wall}?since=${body.dataset.opened}`, { ...given, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      told = await answer.json();
    } catch { /* no network, or no answer of ours: it is tried again */ }
    if (answer && (answer.status === 401 || answer.status === 403)) return pair(token ? told?.detail || "令牌无效。" : "");
    if (told?.ended) return say(`临时显示已结束，数据停在 ${shown}；长期显示请用大屏令牌，或刷新页面`, true);
    if (answer?.ok && told) show(told);
    else say(shown ? `连接中断，正在重试；下面是 ${shown} 的数据` : "连接中断，正在重试", true);
    timer = setTimeout(ask, EVERY);
  };

  find("pair-form").addEventListener("submit", (event) => {
    event.preventDefault();
    token = document.getElementById("token").value.trim();
    localStorage.setItem(STORE, token);
    ask();
  });
  window.addEventListener("offline", () => say(shown ? `连接中断，正在重试；下面是 ${shown} 的数据` : "连接中断，正在重试", true));
  window.addEventListener("online", ask);
  ask();
});
