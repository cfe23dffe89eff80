// Charts. Each stands in `{% chart name kind payload %}`; the payload (by json_script) has, for every kind:
//   title (says what is shown), unitline (unit and reading hints), summary (the answer in words), unit, and digits or kind of `figures.js`.
// A colour is the name of a token: gas, coal, diesel, heat, elec-grid, elec-wind, elec-pv, elec-cert, process, water, ..., scope-1,
// loss, node, q-metered, ok, act, primary. A value of null is missing: a gap, never zero. `href` opens the lines behind a mark.
// months  {months: ["2025-01" or words], series: [{name, color, values: [..], estimated: [true where hatched]}],
//          line: {name, values} (last year, dotted), coverage: [fractions], stack: true, faded: [true outside the period chosen], top: end of the axis}
// bars    {rows: [{name, value, color, href, note}], kind: "share"}               sorted as given; label behind each bar
// sankey  {nodes: [{id, name, color, column (0 left), value}], links: [{source, target, value, color, gap: true where unexplained, href}]}
// bridge  {rows: [{name, value, note, sum: true for the anchors}], from: cut of the axis, lying: true for rows from top to bottom,
//          good: "down"}                                                           parts add to the last digit shown
// line    {times: [ISO or epoch ms], series: [{name, color, values, dashed: [true where filled], area: true}],
//          zone (of epoch times; ISO texts are read by their own clock), daily: true, target,
//          bands: [{from, to, color}], quality: [{from, to, code}] (ribbon: metered, reported, late, filled, estimated, faulty, missing, reset)}
// ladder  {rows: [{name, value, target, sense: "at most"|"at least", top, former: [..], met: true, shown, wanted}]}
// share   {rows: [{name, value, color, href}]}                                     one bar of parts with direct labels
import { number, signed } from "./figures.js";
import { asTable, bare, ladder, saveCsv, share, show, strip, table, wall, words } from "./charts_more.js";

const drawn = new Map();
// --- Tokens of the theme at hand ---
const probe = document.createElement("canvas").getContext("2d");

/** The colour of a token in the theme at hand; an unknown name takes the grey of metered. */
export function token(name) {
  const style = getComputedStyle(document.documentElement);
  return (style.getPropertyValue(`--${name}`) || style.getPropertyValue("--q-metered")).trim();
}

function faint(name, share) {
  probe.fillStyle = token(name);
  const [r, g, b] = probe.fillStyle.match(/[0-9a-f]{2}/gi).map((two) => parseInt(two, 16));
  return `rgba(${r}, ${g}, ${b}, ${share})`;
}

function hatch(color) {
  return { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 3], rotation: -Math.PI / 4, color: token("surface"), symbolSize: 1, backgroundColor: color };
}

const font = () => getComputedStyle(document.documentElement).getPropertyValue("--font").trim();
const narrow = (box) => box.clientWidth < 460;
/** Words of a month axis: 1月 or Jan; on a phone the number alone. */
function monthWord(text, box) {
  const found = /^(\d{4})-(\d\d)$/.exec(text);
  if (!found) return text;
  if (narrow(box)) return String(Number(found[2]));
  const day = new Date(Number(found[1]), Number(found[2]) - 1, 1);
  return document.documentElement.lang === "en" ? day.toLocaleString("en", { month: "short" }) : `${Number(found[2])}月`;
}

function common() {
  return {
    animation: false,
    textStyle: { fontFamily: font(), color: token("second"), fontSize: 12 },
    aria: { enabled: false },
    tooltip: {
      renderMode: "richText", confine: true, transitionDuration: 0, backgroundColor: token("surface"), borderColor: token("edge"), borderWidth: 1,
      padding: [8, 10], textStyle: { color: token("text"), fontSize: 12, fontFamily: font(), lineHeight: 18 },
      axisPointer: { type: "line", lineStyle: { color: token("edge"), type: "solid" }, label: { show: false } },
    },
  };
}

/** The lower end of an axis: where little lies below zero, just enough for it, not a whole step. */
const floor = (range) => (range.min < 0 && -range.min < 0.12 * range.max ? range.min * 1.4 : null);
const valueAxis = (more = {}) => ({
  type: "value", splitNumber: 3, axisLine: { show: false }, axisTick: { show: false },
  axisLabel: { color: token("second"), fontSize: 12, hideOverlap: true, formatter: (value) => number(value, "total") },
  splitLine: { lineStyle: { color: token("line"), width: 1 } }, ...more,
});
const namesAxis = (data, more = {}) => ({
  type: "category", data, axisTick: { show: false }, axisLine: { lineStyle: { color: token("edge") } },
  axisLabel: { color: token("second"), fontSize: 12, interval: 0, hideOverlap: true }, ...more,
});
const edge = () => ({ borderColor: token("surface"), borderWidth: 1 });

// --- Kinds: payload and place in, option out ---
function months(chart, box) {
  const names = chart.months.map((one) => monthWord(one, box));
  const said = words();
  const rows = (at) => [names[at], ...[...chart.series].reverse().filter((one) => one.values[at] !== undefined)
    .map((one) => `${one.name}  ${one.values[at] === null ? said.empty : show(chart, one.values[at])}${one.estimated?.[at] ? ` (${said.estimated})` : ""}`),
  ...(chart.line ? [`${chart.line.name}  ${show(chart, chart.line.values[at])}`] : [])].join("\n");
  const series = chart.series.map((one) => ({
    type: "bar", name: one.name, stack: chart.stack === false ? undefined : "all", barWidth: narrow(box) ? "62%" : "52%", itemStyle: { color: token(one.color), ...edge() },
    data: one.values.map((value, at) => (one.estimated?.[at] || chart.faded?.[at] ? { value, itemStyle: { color: token(one.color), opacity: chart.faded?.[at] ? 0.3 : 1,
      ...(one.estimated?.[at] ? { decal: { ...hatch(token(one.color)), dashArrayY: [2, 4] } } : {}), ...edge() } } : value)),
  }));
  if (chart.line) {
    series.push({ type: "line", name: chart.line.name, data: chart.line.values, connectNulls: false, symbol: "circle", symbolSize: 5, z: 5,
      lineStyle: { color: token("text"), width: 1.2, type: [3, 3] }, itemStyle: { color: token("text") },
      endLabel: { show: !narrow(box), formatter: chart.line.name, color: token("second"), fontSize: 12, distance: box.clientWidth / chart.months.length / 3 } });
  }
  const strip = chart.coverage ? 44 : 0;
  return { ...common(), aria: { enabled: true, decal: { show: false }, label: { enabled: false } },
    grid: { left: 8, right: chart.line && !narrow(box) ? 52 : 8, top: 14, bottom: 8 + strip, containLabel: true, outerBoundsMode: "same" },
    tooltip: { ...common().tooltip, trigger: "axis", formatter: (found) => rows(found[0].dataIndex) },
    xAxis: namesAxis(names), yAxis: valueAxis({ splitNumber: 4, min: floor, max: chart.top ?? null, axisLabel: { ...valueAxis().axisLabel, showMinLabel: false } }), series };
}

function bars(chart, box) {
  const rows = [...chart.rows].reverse();
  return { ...common(), grid: { left: 4, right: narrow(box) ? 58 : 72, top: 4, bottom: 4, containLabel: true, outerBoundsMode: "same" },
    tooltip: { ...common().tooltip, trigger: "item", formatter: (one) => `${one.name}  ${show(chart, one.value)}${rows[one.dataIndex].note ? `\n${rows[one.dataIndex].note}` : ""}` },
    xAxis: valueAxis({ show: false }),
    yAxis: namesAxis(rows.map((one) => one.name), { axisLine: { show: false }, axisLabel: { color: token("text"), fontSize: 12, width: box.clientWidth * 0.34, overflow: "truncate", interval: 0 } }),
    series: [{ type: "bar", barMaxWidth: 12, data: rows.map((one) => ({ value: one.value, itemStyle: { color: token(one.color ?? "node"), borderRadius: 2 } })),
      label: { show: true, position: "right", color: token("text"), fontSize: 12, formatter: (one) => (one.value === null ? said(one) : show({ ...chart, unit: chart.kind === "share" ? "" : "" }, one.value)) } }] };
}
const said = () => words().empty;

/** Shorten a name so that it and the figure behind it keep within a width; the figure is never cut. */
function fitted(name, figure, width) {
  probe.font = `12px ${font()}`;
  const wide = (text) => probe.measureText(`${text} ${figure}`).width;
  if (wide(name) <= width) return `${name} ${figure}`.trim();
  let cut = name;
  while (cut.length > 2 && wide(`${cut}…`) > width) cut = cut.slice(0, -1);
  return `${cut.trim()}… ${figure}`.trim();
}

/** Sums of what goes in and out of each node of a Sankey, the larger of the two. */
function throughput(chart) {
  const sums = new Map(chart.nodes.map((one) => [one.id, [0, 0]]));
  for (const one of chart.links) { sums.get(one.source)[0] += one.value; sums.get(one.target)[1] += one.value; }
  return new Map(chart.nodes.map((one) => [one.id, one.value ?? Math.max(...sums.get(one.id))]));
}

function sankey(chart, box) {
  const small = narrow(box);
  const named = new Map(chart.nodes.map((one) => [one.id, one]));
  const sums = throughput(chart);
  const last = Math.max(...chart.nodes.map((one) => one.column ?? 0));
  const room = small ? box.clientWidth * 0.4 : Math.min(190, box.clientWidth * 0.24);
  const figure = (one) => (chart.figures === false ? "" : bare(chart, sums.get(one.id)));
  const apart = (box.clientWidth - 2 * room - 32) / Math.max(1, last) - 24;
  const width = (one) => (one.column === 0 || one.column === last || box.clientWidth < 640 ? room : Math.min(room, Math.max(apart, 72)));
  const texts = new Map(chart.nodes.map((one) => [one.id, fitted(one.name, figure(one), width(one))]));
  const widest = (column) => Math.max(0, ...chart.nodes.filter((one) => one.column === column).map((one) => probe.measureText(texts.get(one.id)).width));
  const place = (one) => (one.column === 0 ? (small ? "right" : "left") : one.column === last ? (small ? "left" : "right") : box.clientWidth < 640 ? "top" : "right");
  const data = chart.nodes.map((one) => ({ name: one.id, depth: one.column, itemStyle: { color: token(one.color ?? "node"), borderWidth: 0 },
    label: { position: place(one), padding: one.column === 0 || one.column === last ? [0, 4] : [2, 4], borderRadius: 3, backgroundColor: one.column === 0 || one.column === last ? "transparent" : faint("surface", 0.82) } }));
  const links = chart.links.map((one) => ({ source: one.source, target: one.target, value: one.value, href: one.href,
    lineStyle: { color: token(one.gap ? "act" : one.color ?? named.get(one.source)?.color ?? "node"), opacity: one.gap ? 0.75 : one.color === "loss" ? 0.5 : 0.34 } }));
  return { ...common(), tooltip: { ...common().tooltip, trigger: "item", formatter: (one) => (one.dataType === "edge"
    ? `${named.get(one.data.source)?.name} → ${named.get(one.data.target)?.name}\n${show(chart, one.value)}` : `${named.get(one.name)?.name}  ${show(chart, sums.get(one.name))}`) },
  series: [{ type: "sankey", left: small ? 6 : widest(0) + 16, right: small ? 6 : widest(last) + 16, top: box.clientWidth < 640 ? 24 : 8, bottom: 8, nodeWidth: 8, nodeGap: 19, draggable: false,
    layoutIterations: 0, emphasis: { focus: "adjacency" }, lineStyle: { curveness: 0.5 }, data, links,
    labelLayout: { hideOverlap: true },
    label: { color: token("text"), fontSize: 12, fontFamily: font(), formatter: (one) => texts.get(one.name) } }] };
}

/** Start and end of each row of a bridge: sums stand on the ground, parts hang on what was before. */
function spans(chart) {
  let at = 0;
  return chart.rows.map((one) => {
    const from = one.sum ? 0 : at;
    const to = one.sum ? one.value : at + one.value;
    at = to;
    return { ...one, from, to };
  });
}

function bridge(chart, box) {
  const rows = spans(chart);
  const ground = chart.from ?? 0;
  const good = chart.good ?? "down";
  const lying = chart.lying ?? narrow(box);
  const color = (one) => (one.sum ? token(one.color ?? "node") : token((one.value < 0) === (good === "down") ? "ok" : "act"));
  const low = (one) => Math.max(ground, Math.min(one.from, one.to));
  const size = (one) => Math.max(one.from, one.to) - low(one);
  const label = (one) => (one.sum ? bare(chart, one.value) : signed(one.value, chart.kind ?? "total", chart.digits ?? null));
  const list = lying ? [...rows].reverse() : rows;
  const names = namesAxis(list.map((one) => (lying ? fitted(one.name, "", box.clientWidth * 0.5) : one.name)), lying
    ? { axisLine: { show: false }, axisLabel: { color: token("text"), fontSize: 12, lineHeight: 14, width: box.clientWidth * 0.36, overflow: "break", interval: 0 } }
    : { axisLabel: { color: token("text"), fontSize: 12, interval: 0, width: (box.clientWidth - 60) / rows.length - 6, overflow: "break", lineHeight: 15 } });
  const values = valueAxis({ min: ground, axisLabel: { ...valueAxis().axisLabel, showMinLabel: true } });
  const dots = rows.slice(0, -1).map((one, at) => (lying
    ? [{ coord: [one.to, rows.length - 1 - at] }, { coord: [one.to, rows.length - 2 - at] }] : [{ coord: [at, one.to] }, { coord: [at + 1, one.to] }]));
  return { ...common(), grid: { left: 4, right: lying ? 64 : 8, top: lying ? 4 : 22, bottom: 4, containLabel: true, outerBoundsMode: "same" },
    tooltip: { ...common().tooltip, trigger: "item", formatter: (one) => { const row = list[one.dataIndex]; return `${row.name}  ${label(row)}${chart.unit ? ` ${chart.unit}` : ""}${row.note ? `\n${row.note}` : ""}`; } },
    xAxis: lying ? values : names, yAxis: lying ? names : values,
    series: [{ type: "bar", stack: "b", silent: true, itemStyle: { color: "transparent" }, data: list.map(low) },
      { type: "bar", stack: "b", barWidth: lying ? 14 : "58%", data: list.map((one) => ({ value: size(one), itemStyle: { color: color(one) } })),
        label: { show: true, position: lying ? "right" : "top", color: token("text"), fontSize: 12, fontWeight: 600, formatter: (one) => label(list[one.dataIndex]) },
        markLine: { silent: true, symbol: "none", animation: false, label: { show: false }, lineStyle: { type: [2, 2], color: token("edge"), width: 1 }, data: dots } }] };
}

/** Break a series into the part that was read and the part that was filled, so that the two are drawn apart. */
function parts(one) {
  const filled = (at) => Boolean(one.dashed?.[at]);
  const solid = one.values.map((value, at) => (filled(at) ? null : value));
  const broken = one.values.map((value, at) => (filled(at) || filled(at + 1) || filled(at - 1) ? value : null));
  return { solid, broken: one.dashed?.some(Boolean) ? broken : null };
}

/** Words of a time axis: days where a day begins, else the hour; months over long spans. */
function timeWord(ms, days) {
  const iso = new Date(ms).toISOString();
  if (days > 92) return iso.slice(0, 7);
  return iso.slice(11, 16) === "00:00" ? iso.slice(5, 10) : iso.slice(11, 16);
}

function line(chart, box) {
  const times = chart.times.map((one) => wall(one, chart.zone));
  const days = (times[times.length - 1] - times[0]) / 86400000;
  const zip = (values) => values.map((value, at) => [times[at], value]);
  const ribbon = chart.quality?.length ? 34 : 0;
  const series = chart.series.flatMap((one) => {
    const { solid, broken } = parts(one);
    const base = { type: "line", name: one.name, showSymbol: times.length < 40, symbol: "circle", symbolSize: 5, connectNulls: false, sampling: one.kind === "sum" ? undefined : "lttb" };
    const made = [{ ...base, data: zip(solid), lineStyle: { width: 1.6, color: token(one.color) }, itemStyle: { color: token(one.color) },
      areaStyle: one.area ? { color: faint(one.color, 0.1) } : undefined }];
    if (broken) made.push({ ...base, name: `${one.name} *`, data: zip(broken), lineStyle: { width: 1.6, type: [4, 3], color: token("q-filled") }, itemStyle: { color: token("q-filled") } });
    return made;
  });
  const bands = (chart.bands ?? []).map((one) => [{ xAxis: wall(one.from, chart.zone), itemStyle: { color: faint(one.color ?? "q-filled", 0.16) } }, { xAxis: wall(one.to, chart.zone) }]);
  if (series[0]) series[0].markArea = { silent: true, data: bands };
  if (chart.target !== undefined && series[0]) {
    series[0].markLine = { silent: true, symbol: "none", animation: false, lineStyle: { color: token("ok"), type: [4, 3] }, data: [{ yAxis: chart.target }],
      label: { formatter: `${words().target} ${bare(chart, chart.target)}`, position: "insideStartTop", color: token("ok"), fontSize: 12 } };
  }
  const when = (ms) => new Date(ms).toISOString().slice(0, chart.daily ? 10 : 16).replace("T", " ");
  const quality = (ms) => chart.quality?.find((one) => wall(one.from, chart.zone) <= ms && ms < wall(one.to, chart.zone))?.code;
  return { ...common(), useUTC: true, grid: { left: 4, right: 12, top: 12, bottom: 6 + ribbon, containLabel: true, outerBoundsMode: "same" },
    tooltip: { ...common().tooltip, trigger: "axis", formatter: (found) => [when(found[0].value[0]), ...found.filter((one) => one.value[1] !== null)
      .map((one) => `${one.seriesName}  ${show(chart, one.value[1])}`), ...(quality(found[0].value[0]) ? [words().quality[quality(found[0].value[0])]] : [])].join("\n") },
    xAxis: { type: "time", min: times[0], max: times[times.length - 1], axisTick: { show: false }, axisLine: { lineStyle: { color: token("edge") } }, splitLine: { show: false },
      axisLabel: { color: token("second"), fontSize: 12, hideOverlap: true, formatter: (ms) => timeWord(ms, days) } },
    yAxis: valueAxis(chart.from === undefined ? { min: 0 } : { min: chart.from }), series };
}

// --- Drawing ---
const KINDS = { months, bars, sankey, bridge, line };
const PLAIN = { ladder, share };
let library = null;

function loadLibrary() {
  library ??= new Promise((resolve, reject) => {
    if (window.echarts) { resolve(window.echarts); return; }
    const script = document.createElement("script");
    script.src = document.documentElement.dataset.echarts;
    script.onload = () => resolve(window.echarts);
    script.onerror = reject;
    document.head.append(script);
  });
  return library;
}

function isEmpty(kind, chart) {
  const none = (values) => !values?.some((value) => value !== null && value !== undefined);
  if (kind === "sankey") return !chart.links?.length;
  if (kind === "months" || kind === "line") return !chart.series?.some((one) => !none(one.values));
  return !chart.rows?.length || none(chart.rows.map((row) => row.value));
}

function legend(kind, chart, box) {
  const list = box.querySelector("[data-legend]");
  if (!list || kind !== "months" || chart.series.length < 2 || list.children.length) return;
  for (const one of chart.series) {
    const item = document.createElement("li");
    const key = document.createElement("span");
    key.className = `swatch c-${one.color}`;
    item.append(key, one.name);
    list.append(item);
  }
  list.hidden = false;
}

function footer(kind, chart, box) {
  const button = box.querySelector("[data-as-table]");
  if (!button || button.dataset.ready) return;
  button.dataset.ready = "1";
  const place = box.querySelector(".table-wrap");
  const rows = table(kind, chart);
  place.append(asTable(rows, chart));
  button.addEventListener("click", () => {
    place.hidden = !place.hidden;
    button.setAttribute("aria-expanded", String(!place.hidden));
    [button.textContent, button.dataset.words] = [button.dataset.words, button.textContent];
  });
  box.querySelector("[data-csv]").addEventListener("click", () => saveCsv(rows, box.id || kind));
}

function tell(box, text) {
  const place = box.querySelector(".plot");
  const note = document.createElement("div");
  note.className = "empty-state";
  note.textContent = text;
  place.classList.add("is-empty");
  place.replaceChildren(note);
}

/** Height that a plot needs for its rows or for the fullest column of a Sankey, so that no label lies on another. */
function room(kind, chart, plot) {
  if (kind === "bridge" && (chart.lying ?? narrow(plot))) {
    probe.font = `12px ${font()}`;
    const long = chart.rows.some((one) => probe.measureText(one.name).width > plot.clientWidth * 0.34);
    return 34 + (long ? 38 : 29) * chart.rows.length;
  }
  if (kind === "bars") return 12 + 24 * chart.rows.length;
  if (kind !== "sankey") return 0;
  const columns = new Map();
  for (const one of chart.nodes) columns.set(one.column, (columns.get(one.column) ?? 0) + 1);
  return 24 + 26 * Math.max(...columns.values());
}

function paint(box) {
  const { kind, chart, instance } = drawn.get(box);
  const plot = box.querySelector(".plot");
  instance.setOption(KINDS[kind](chart, plot), true);
  instance.getZr().flush();
  strip(chart, box, plot, instance);
}

/** Draw one `[data-chart]`; a second call draws it anew. */
export async function draw(box) {
  if (drawn.has(box)) { paint(box); return; }
  const kind = box.dataset.chart;
  const plot = box.querySelector(".plot");
  let chart;
  try {
    chart = JSON.parse(document.getElementById(box.dataset.source).textContent);
    if (isEmpty(kind, chart)) { tell(box, chart.empty ?? words().none); return; }
    if (PLAIN[kind]) { plot.classList.add("is-plain"); PLAIN[kind](chart, plot); footer(kind, chart, box); return; }
    const [echarts] = await Promise.all([loadLibrary(), document.fonts?.ready]);
    if (drawn.has(box)) return;
    const needed = room(kind, chart, plot);
    if (needed > plot.clientHeight) plot.style.minHeight = `${needed}px`;
    const instance = echarts.init(plot, null, { renderer: "canvas", devicePixelRatio: devicePixelRatio * (plot.currentCSSZoom ?? 1) });
    drawn.set(box, { kind, chart, instance });
    legend(kind, chart, box);
    footer(kind, chart, box);
    paint(box);
    instance.on("click", (mark) => open(mark.data?.href ?? (kind === "bars" ? [...chart.rows].reverse() : chart.rows)?.[mark.dataIndex]?.href));
    new ResizeObserver(() => { instance.resize(); paint(box); }).observe(plot);
  } catch (fault) {
    console.error("chart", box.id, fault);
    tell(box, words().broken);
  }
}

function open(address) {
  if (!address) return;
  const link = document.createElement("a");
  link.href = address;
  link.dataset.drawer = "";
  document.body.append(link);
  link.click();
  link.remove();
}

document.addEventListener("lingtan:theme", () => { for (const box of drawn.keys()) if (box.isConnected) paint(box); });

// A sheet of paper is narrower than the window: charts are drawn anew at its width before they are printed.
function redraw(printing) {
  document.documentElement.classList.toggle("printing", printing);
  for (const [box, { instance }] of drawn) if (box.isConnected) { instance.resize(); paint(box); }
}
addEventListener("beforeprint", () => redraw(true));
addEventListener("afterprint", () => redraw(false));
