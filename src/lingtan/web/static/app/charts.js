// Charts. Each stands in `{% chart name kind payload %}`; the payload (by json_script) has, for every kind:
//   title (says what is shown), unitline (unit and reading hints), summary (the answer in words), unit, and digits or kind of `figures.js`.
// A colour is the name of a token: gas, coal, diesel, heat, elec-grid, elec-wind, elec-pv, elec-cert, process, water, ..., scope-1,
// loss, node, q-metered, ok, act, primary. A value of null is missing: a gap, never zero. `href` opens the lines behind a mark.
// months  {months: ["2025-01" or words], series: [{name, color, values: [..], estimated: [true where hatched]}],
//          line: {name, values} (last year, dotted), coverage: [fractions], stack: true}
// bars    {rows: [{name, value, color, href, note}], kind: "share"}               sorted as given; label behind each bar
// sankey  {nodes: [{id, name, color, column (0 left), value}], links: [{source, target, value, color, gap: true where unexplained, href}]}
// bridge  {rows: [{name, value, note, sum: true for the anchors}], from: cut of the axis, lying: true for rows from top to bottom,
//          good: "down"}                                                           parts add to the last digit shown
// line    {times: [ISO or epoch ms], series: [{name, color, values, dashed: [true where filled], area: true}],
//          zone (of epoch times; ISO texts are read by their own clock), daily: true, target,
//          bands: [{from, to, color}], quality: [{from, to, code}] (ribbon: metered, reported, late, filled, estimated, faulty, missing, reset)}
// ladder  {rows: [{name, value, target, sense: "at most"|"at least", top, former: [..], met: true, shown, wanted}]}
// share   {rows: [{name, value, color, href}]}                                     one bar of parts with direct labels
import { amount, number, signed, NONE } from "./figures.js";

const SVG = "http://www.w3.org/2000/svg";
const drawn = new Map();
const words = () => (document.documentElement.lang === "en"
  ? { estimated: "estimated", coverage: "coverage of the month, %", what: "What", value: "Value", none: "No data for this chart yet.",
    broken: "This chart could not be drawn.", from: "From", to: "To", time: "Time", target: "Target", gap: "unexplained", empty: "not known",
    month: "Month", quality: { metered: "metered", reported: "reported", late: "late, corrected", filled: "filled", estimated: "estimated", faulty: "faulty", missing: "missing", reset: "reset" } }
  : { estimated: "含估算", coverage: "当月数据完整率，%", what: "项目", value: "数值", none: "这张图还没有数据。",
    broken: "这张图没有画出来。", from: "从", to: "到", time: "时间", target: "目标", gap: "未解释", empty: "未知",
    month: "月份", quality: { metered: "计量", reported: "填报", late: "迟到、更正", filled: "补合", estimated: "估算", faulty: "故障", missing: "缺失", reset: "归零" } });

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
const kindOf = (chart) => [chart.kind ?? "total", chart.unit ?? "", chart.digits ?? null];
const show = (chart, value) => amount(value, ...kindOf(chart));
const bare = (chart, value) => number(value, chart.kind ?? "total", chart.digits ?? null);

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

const valueAxis = (more = {}) => ({
  type: "value", splitNumber: 3, axisLine: { show: false }, axisTick: { show: false },
  axisLabel: { color: token("second"), fontSize: 12, formatter: (value) => number(value, "total") },
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
    data: one.values.map((value, at) => (one.estimated?.[at] ? { value, itemStyle: { color: token(one.color), decal: { ...hatch(token(one.color)), dashArrayY: [2, 4] }, ...edge() } } : value)),
  }));
  if (chart.line) {
    series.push({ type: "line", name: chart.line.name, data: chart.line.values, connectNulls: false, symbol: "circle", symbolSize: 5, z: 5,
      lineStyle: { color: token("text"), width: 1.2, type: [3, 3] }, itemStyle: { color: token("text") },
      endLabel: { show: !narrow(box), formatter: chart.line.name, color: token("second"), fontSize: 12, offset: [4, -10] } });
  }
  const strip = chart.coverage ? 44 : 0;
  return { ...common(), aria: { enabled: true, decal: { show: false }, label: { enabled: false } },
    grid: { left: 8, right: chart.line && !narrow(box) ? 52 : 8, top: 14, bottom: 8 + strip, containLabel: true, outerBoundsMode: "same" },
    tooltip: { ...common().tooltip, trigger: "axis", formatter: (found) => rows(found[0].dataIndex) },
    xAxis: namesAxis(names), yAxis: valueAxis(), series };
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
  const texts = new Map(chart.nodes.map((one) => [one.id, fitted(one.name, chart.figures === false ? "" : bare(chart, sums.get(one.id)), room)]));
  const widest = (column) => Math.max(0, ...chart.nodes.filter((one) => one.column === column).map((one) => probe.measureText(texts.get(one.id)).width));
  const place = (one) => (one.column === 0 ? (small ? "right" : "left") : one.column === last ? (small ? "left" : "right") : small ? "top" : "right");
  const data = chart.nodes.map((one) => ({ name: one.id, depth: one.column, itemStyle: { color: token(one.color ?? "node"), borderWidth: 0 },
    label: { position: place(one), padding: [2, 4], borderRadius: 3, backgroundColor: one.column === 0 || one.column === last ? "transparent" : faint("surface", 0.82) } }));
  const links = chart.links.map((one) => ({ source: one.source, target: one.target, value: one.value, href: one.href,
    lineStyle: { color: token(one.gap ? "act" : one.color ?? named.get(one.source)?.color ?? "node"), opacity: one.gap ? 0.75 : one.color === "loss" ? 0.5 : 0.34 } }));
  return { ...common(), tooltip: { ...common().tooltip, trigger: "item", formatter: (one) => (one.dataType === "edge"
    ? `${named.get(one.data.source)?.name} → ${named.get(one.data.target)?.name}\n${show(chart, one.value)}` : `${named.get(one.name)?.name}  ${show(chart, sums.get(one.name))}`) },
  series: [{ type: "sankey", left: small ? 6 : widest(0) + 16, right: small ? 6 : widest(last) + 16, top: small ? 24 : 8, bottom: 8, nodeWidth: 8, nodeGap: small ? 8 : 11, draggable: false,
    layoutIterations: 0, emphasis: { focus: "adjacency" }, lineStyle: { curveness: 0.5 }, data, links,
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
  const names = namesAxis(list.map((one) => one.name), lying
    ? { axisLine: { show: false }, axisLabel: { color: token("text"), fontSize: 12, width: box.clientWidth * 0.36, overflow: "truncate", interval: 0 } }
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

/** The wall clock of the park, as milliseconds that the axis reads as UTC: ISO texts by their own clock, epochs by the zone. */
function wall(time, zone) {
  const text = typeof time === "number"
    ? new Date(time).toLocaleString("sv-SE", { timeZone: zone ?? "UTC" }).replace(" ", "T") : time.length === 7 ? `${time}-01` : time;
  return Date.parse(text.length === 10 ? `${text}T00:00Z` : `${text.slice(0, 19).replace(/(Z|[+-]\d\d:\d\d)$/, "")}Z`);
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

// --- Ladder and share bar: plain SVG, no library needed ---
function element(name, attributes = {}, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  return made;
}

function ladderRow(chart, row, top) {
  const at = (value) => `${(100 * Math.min(1, Math.max(0, value / top))).toFixed(2)}%`;
  const svg = element("svg", { class: "bullet", height: 12, "aria-hidden": "true" });
  svg.append(element("rect", { class: "track", y: 4, width: "100%", height: 5, rx: 2 }));
  if (row.target !== undefined && row.target !== null) {
    const least = row.sense === "at least";
    svg.append(element("rect", { class: "zone", x: least ? at(row.target) : 0, width: least ? `${100 - parseFloat(at(row.target))}%` : at(row.target), y: 4, height: 5 }));
  }
  if (row.value !== null && row.value !== undefined) svg.append(element("rect", { class: `bar ${row.met ? "ok" : ""}`, width: at(row.value), y: 5.5, height: 2 }));
  for (const former of row.former ?? []) if (former !== null) svg.append(element("circle", { class: "dot old", cx: at(former), cy: 6.5, r: 3 }));
  if (row.value !== null && row.value !== undefined) svg.append(element("circle", { class: `dot ${row.met ? "ok" : "act"}`, cx: at(row.value), cy: 6.5, r: 4 }));
  if (row.target !== undefined && row.target !== null) svg.append(element("rect", { class: "aim", x: at(row.target), width: 2.5, height: 12 }));
  return svg;
}

function ladder(chart, box) {
  box.replaceChildren(...chart.rows.map((row) => {
    const line = document.createElement("div");
    line.className = "rung";
    const name = document.createElement(row.href ? "a" : "span");
    name.textContent = row.name;
    if (row.href) name.href = row.href;
    const value = document.createElement("b");
    value.textContent = row.shown ?? (row.value === null ? words().empty : number(row.value, row.kind ?? chart.kind ?? "ratio"));
    const wanted = document.createElement("span");
    wanted.className = "second";
    wanted.textContent = row.wanted ?? (row.target === undefined ? "" : `${row.sense === "at least" ? "≥" : "≤"} ${number(row.target, row.kind ?? chart.kind ?? "ratio")}`);
    const top = row.top ?? 1.1 * Math.max(row.value ?? 0, row.target ?? 0, ...(row.former ?? []).map((one) => one ?? 0), 1e-9);
    line.append(name, value, wanted, ladderRow(chart, row, top));
    return line;
  }));
}

function share(chart, box) {
  const whole = chart.rows.reduce((sum, one) => sum + (one.value ?? 0), 0);
  const svg = element("svg", { class: "composition thick", "aria-hidden": "true" });
  let at = 0;
  for (const one of chart.rows) {
    const part = whole ? (100 * (one.value ?? 0)) / whole : 0;
    svg.append(element("rect", { x: `${at.toFixed(3)}%`, width: `${Math.max(0, part - 0.25).toFixed(3)}%`, height: "100%", class: `c-${one.color}` }));
    at += part;
  }
  const list = document.createElement("ul");
  list.className = "parts";
  for (const one of chart.rows) {
    const row = document.createElement("li");
    const key = document.createElement("span");
    key.className = `swatch c-${one.color}`;
    const name = document.createElement(one.href ? "a" : "span");
    name.textContent = one.name;
    if (one.href) { name.href = one.href; name.dataset.drawer = ""; }
    const value = document.createElement("b");
    value.textContent = bare(chart, one.value);
    const part = document.createElement("span");
    part.className = "second";
    part.textContent = whole && one.value !== null ? amount(one.value / whole, "share") : NONE;
    row.append(key, name, value, part);
    list.append(row);
  }
  box.replaceChildren(svg, list);
}

// --- Strips below a plot: coverage of months, quality of a series ---
function strip(chart, box, plot, instance) {
  plot.querySelector("svg.strip-below")?.remove();
  if (!chart.coverage && !chart.quality?.length) return;
  const axis = instance.getModel().getComponent("xAxis").axis;
  const rect = instance.getModel().getComponent("grid").coordinateSystem.getRect();
  const svg = element("svg", { class: "strip-below", width: plot.clientWidth, height: plot.clientHeight, "aria-hidden": "true" });
  if (chart.coverage) coverageStrip(chart, svg, rect);
  else qualityStrip(chart, svg, rect, axis, plot.clientHeight - 20);
  plot.append(svg);
}

function coverageStrip(chart, svg, rect) {
  const width = Math.max(3, rect.width / chart.months.length);
  const y = rect.y + rect.height + 30;
  svg.append(element("text", { x: rect.x, y: y + (width > 30 ? 33 : 18) }, words().coverage));
  chart.coverage.forEach((value, at) => {
    const x = rect.x + at * width + 1;
    const full = width - 2;
    svg.append(element("rect", { class: "track", x, y, width: full, height: 4, rx: 1 }));
    if (value === null) { svg.append(element("rect", { x, y, width: full, height: 4, fill: "url(#hatch-missing)" })); return; }
    svg.append(element("rect", { class: "q-metered", x, y, width: full * value, height: 4, rx: 1 }));
    if (value < 1) svg.append(element("rect", { class: value < 0.8 ? "q-faulty" : "q-filled", x: x + full * value, y, width: full * (1 - value), height: 4 }));
    if (width > 30) svg.append(element("text", { x: x + full / 2, y: y + 17, "text-anchor": "middle" }, number(value, "share")));
  });
}

function qualityStrip(chart, svg, rect, axis, y) {
  const at = (time) => rect.x + Math.min(rect.width, Math.max(0, axis.toGlobalCoord(axis.dataToCoord(wall(time, chart.zone))) - rect.x));
  for (const one of chart.quality) {
    const x = at(one.from);
    const width = Math.max(1, at(one.to) - x);
    const fill = { estimated: "url(#hatch-estimated)", missing: "url(#hatch-missing)" }[one.code];
    const mark = element("rect", { x, y, width, height: 15, ...(fill ? { fill } : { class: `q-${one.code}` }) });
    mark.append(element("title", {}, `${words().quality[one.code] ?? one.code} ${one.from} – ${one.to}`));
    svg.append(mark);
  }
}

// --- The table behind each chart, and its CSV ---
function table(kind, chart) {
  const said = words();
  const value = (one) => (one === null || one === undefined ? "" : one);
  const unit = chart.unit ? ` (${chart.unit})` : "";
  if (kind === "months") {
    const more = [...(chart.line ? [chart.line] : []), ...(chart.coverage ? [{ name: said.coverage, values: chart.coverage.map((one) => (one === null ? null : Math.round(one * 1000) / 10)) }] : [])];
    return [[said.month, ...[...chart.series, ...(chart.line ? [chart.line] : [])].map((one) => one.name + unit), ...(chart.coverage ? [said.coverage] : [])],
      ...chart.months.map((month, at) => [month, ...[...chart.series, ...more].map((one) => value(one.values[at]))])];
  }
  if (kind === "sankey") {
    const named = new Map(chart.nodes.map((one) => [one.id, one.name]));
    return [[said.from, said.to, said.value + unit], ...chart.links.map((one) => [named.get(one.source), named.get(one.target) + (one.gap ? ` (${said.gap})` : ""), value(one.value)])];
  }
  if (kind === "line") return [[said.time, ...chart.series.map((one) => one.name + unit)], ...chart.times.map((time, at) => [typeof time === "number" ? new Date(time).toISOString() : time, ...chart.series.map((one) => value(one.values[at]))])];
  if (kind === "ladder") return [[said.what, said.value, said.target], ...chart.rows.map((one) => [one.name, one.shown ?? value(one.value), one.wanted ?? value(one.target)])];
  return [[said.what, said.value + unit], ...chart.rows.map((one) => [one.name, value(one.value)])];
}

function asTable(rows, chart) {
  const made = document.createElement("table");
  made.className = "table";
  rows.forEach((cells, at) => {
    const row = (at ? made.tBodies[0] ?? made.createTBody() : made.createTHead()).insertRow();
    cells.forEach((cell, column) => {
      const one = document.createElement(at && column ? "td" : "th");
      one.scope = at ? "row" : "col";
      if (at && column) one.removeAttribute("scope");
      const figure = at && typeof cell === "number";
      one.textContent = figure ? bare(chart, cell) : cell === "" ? NONE : cell;
      if (column && (figure || !at || cell === "")) one.className = "num";
      row.append(one);
    });
  });
  return made;
}

function saveCsv(rows, name) {
  const guard = (cell) => (typeof cell === "string" && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : String(cell));
  const text = rows.map((row) => row.map((cell) => `"${guard(cell).replaceAll('"', '""')}"`).join(",")).join("\r\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
  link.download = `${name}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
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

function paint(box) {
  const { kind, chart, instance } = drawn.get(box);
  const plot = box.querySelector(".plot");
  instance.setOption(KINDS[kind](chart, plot), true);
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
    const instance = echarts.init(plot, null, { renderer: "canvas" });
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
