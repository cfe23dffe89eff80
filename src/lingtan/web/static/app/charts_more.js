// What charts are made of besides the chart library: words, ladder and share bar in plain SVG, strips below a plot, tables and CSV.
import { amount, number, NONE } from "./figures.js";

const SVG = "http://www.w3.org/2000/svg";
export const words = () => (document.documentElement.lang === "en"
  ? { estimated: "estimated", coverage: "coverage of the month, %", what: "What", value: "Value", none: "No data for this chart yet.",
    broken: "This chart could not be drawn.", from: "From", to: "To", time: "Time", target: "Target", gap: "unexplained", empty: "not known",
    month: "Month", quality: { metered: "metered", reported: "reported", late: "late, corrected", filled: "filled", estimated: "estimated", faulty: "faulty", missing: "missing", reset: "reset" } }
  : { estimated: "含估算", coverage: "当月数据完整率，%", what: "项目", value: "数值", none: "这张图还没有数据。",
    broken: "这张图没有画出来。", from: "从", to: "到", time: "时间", target: "目标", gap: "未解释", empty: "未知",
    month: "月份", quality: { metered: "计量", reported: "填报", late: "迟到、更正", filled: "补合", estimated: "估算", faulty: "故障", missing: "缺失", reset: "归零" } });

const kindOf = (chart) => [chart.kind ?? "total", chart.unit ?? "", chart.digits ?? null];
export const show = (chart, value) => amount(value, ...kindOf(chart));
export const bare = (chart, value) => number(value, chart.kind ?? "total", chart.digits ?? null);

/** The wall clock of the park, as milliseconds that the axis reads as UTC: ISO texts by their own clock, epochs by the zone. */
export function wall(time, zone) {
  const text = typeof time === "number"
    ? new Date(time).toLocaleString("sv-SE", { timeZone: zone ?? "UTC" }).replace(" ", "T") : time.length === 7 ? `${time}-01` : time;
  return Date.parse(text.length === 10 ? `${text}T00:00Z` : `${text.slice(0, 19).replace(/(Z|[+-]\d\d:\d\d)$/, "")}Z`);
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

export function ladder(chart, box) {
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

export function share(chart, box) {
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
export function strip(chart, box, plot, instance) {
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
export function table(kind, chart) {
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

export function asTable(rows, chart) {
  const made = document.createElement("table");
  made.className = "table";
  const numeric = rows[0].map((_head, column) => rows.slice(1).some((cells) => typeof cells[column] === "number"));
  rows.forEach((cells, at) => {
    const row = (at ? made.tBodies[0] ?? made.createTBody() : made.createTHead()).insertRow();
    cells.forEach((cell, column) => {
      const one = document.createElement(at && column ? "td" : "th");
      one.scope = at ? "row" : "col";
      if (at && column) one.removeAttribute("scope");
      const figure = at && typeof cell === "number";
      one.textContent = figure ? bare(chart, cell) : cell === "" ? NONE : cell;
      if (numeric[column]) one.className = "num";
      row.append(one);
    });
  });
  return made;
}

export function saveCsv(rows, name) {
  const guard = (cell) => (typeof cell === "string" && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : String(cell));
  const text = rows.map((row) => row.map((cell) => `"${guard(cell).replaceAll('"', '""')}"`).join(",")).join("\r\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
  link.download = `${name}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
