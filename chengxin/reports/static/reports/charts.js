// Charts of the page: each [data-chart] names the JSON that holds its figures. The same figures stand in a table below.
const COLORS = ["#0b6e7a", "#c98a00", "#8a2d22", "#4b6cb7", "#5d7f3b", "#7a4b8c"];

function options(chart) {
  const narrow = window.matchMedia("(max-width: 760px)").matches;
  return {
    animation: false,
    color: COLORS,
    textStyle: { fontFamily: "inherit" },
    grid: { left: 8, right: 12, top: chart.series.length > 1 ? 34 : 22, bottom: 6, containLabel: true },
    legend: chart.series.length > 1 ? { top: 0, left: 0, itemWidth: 14, type: "scroll" } : undefined,
    tooltip: { trigger: "axis", confine: true, valueFormatter: (value) => (value === null || value === undefined ? "样本不足" : `${value}${chart.unit === "%" ? "%" : ` ${chart.unit}`}`) },
    xAxis: { type: "category", data: chart.categories, axisLabel: { rotate: narrow && chart.categories.length > 6 ? 45 : 0, hideOverlap: true } },
    yAxis: { type: "value", min: 0, max: chart.unit === "%" ? 100 : null, minInterval: chart.unit === "%" ? null : 1, axisLabel: { formatter: chart.unit === "%" ? "{value}%" : "{value}" } },
    series: chart.series.map((line) => ({ name: line.name, type: chart.kind, data: line.values, barMaxWidth: 32, symbolSize: 7, connectNulls: false })),
  };
}

for (const place of document.querySelectorAll("[data-chart]")) {
  const chart = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  const drawn = echarts.init(place, null, { renderer: "svg" });
  drawn.setOption(options(chart));
  new ResizeObserver(() => drawn.resize()).observe(place);
}
