// The comparison as bars: [data-chart] names the JSON that holds its figures. The same figures stand in the tables below.
const COLORS = ["#0b6e7a", "#c98a00", "#8a2d22", "#4b6cb7", "#5d7f3b", "#7a4b8c"];

for (const place of document.querySelectorAll("[data-chart]")) {
  const figures = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  const drawn = echarts.init(place, null, { renderer: "svg" });
  drawn.setOption({
    animation: false,
    color: COLORS,
    textStyle: { fontFamily: "inherit" },
    grid: { left: 8, right: 16, top: 34, bottom: 6, containLabel: true },
    legend: { top: 0, left: 0, itemWidth: 14, type: "scroll" },
    tooltip: { trigger: "axis", confine: true, valueFormatter: (value) => (value === null ? "—" : `${value} 分`) },
    xAxis: { type: "value", min: 0 },
    yAxis: { type: "category", inverse: true, data: figures.categories, axisLabel: { width: window.innerWidth > 760 ? 190 : 110, overflow: "break" } },
    series: figures.series.map((each) => ({ name: each.name, type: "bar", data: each.values, barMaxWidth: 14 })),
  });
  new ResizeObserver(() => drawn.resize()).observe(place);
}
