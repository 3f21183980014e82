// Charts of the page: each [data-chart] names the JSON that holds its figures. The same figures stand in a table below.
const COLORS = ["#0b6e7a", "#c98a00", "#8a2d22", "#4b6cb7", "#5d7f3b", "#7a4b8c"];

function chartOptions(chart, { dark = false } = {}) {
  const narrow = window.matchMedia("(max-width: 760px)").matches, percent = chart.unit === "%";
  const ink = dark ? { color: "#b9d0d5" } : {}, rule = dark ? { lineStyle: { color: "#2b5a65" } } : {};
  // shares that are all high would lie on one another at the top: the axis begins at the next ten below the lowest, and says so
  const known = chart.series.flatMap((line) => line.values).filter((value) => value !== null && value !== undefined);
  const least = percent && chart.kind === "line" && known.length ? Math.max(0, Math.floor((Math.min(...known, chart.target || 100) - 5) / 10) * 10) : 0;
  const goal = chart.target ? { silent: true, symbol: "none", data: [{ yAxis: chart.target }], label: { formatter: `目标 ${chart.target}%`, position: "insideEndTop", ...ink } } : undefined;
  return {
    animation: false,
    color: dark ? ["#7fdcea"] : COLORS,
    textStyle: { fontFamily: "inherit" },
    grid: { left: 8, right: 12, top: chart.series.length > 1 ? 34 : 22, bottom: 6, containLabel: true },
    legend: chart.series.length > 1 ? { top: 0, left: 0, itemWidth: 14, type: "scroll" } : undefined,
    tooltip: { trigger: "axis", confine: true, valueFormatter: (value) => (value === null || value === undefined ? "样本不足" : `${value}${percent ? "%" : ` ${chart.unit}`}`) },
    xAxis: { type: "category", data: chart.categories, axisLabel: { rotate: narrow && chart.categories.length > 6 ? 45 : 0, hideOverlap: true, ...ink }, axisLine: rule },
    yAxis: { type: "value", min: least, max: percent ? 100 : null, minInterval: percent ? null : 1, axisLabel: { formatter: percent ? "{value}%" : "{value}", ...ink }, splitLine: rule },
    series: chart.series.map((line, index) => ({ name: line.name, type: chart.kind, data: line.values, barMaxWidth: 32, symbolSize: 7, connectNulls: false, lineStyle: { width: index || chart.series.length === 1 ? 2 : 4 }, markLine: index ? undefined : goal })),
  };
}

function drawChart(place) {
  const drawn = echarts.init(place, null, { renderer: "svg" });
  new ResizeObserver(() => drawn.resize()).observe(place);
  return drawn;
}

for (const place of document.querySelectorAll("[data-chart]")) {
  drawChart(place).setOption(chartOptions(JSON.parse(document.getElementById(place.dataset.chart).textContent)));
}
