// What every page does in the browser: menus, theme, drawer, dialogs, keys, autosave, messages. No framework, no eval.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const root = document.documentElement;

// --- Theme ---
function toggleTheme() {
  const next = root.dataset.theme === "dark" ? "light" : "dark";
  root.dataset.theme = next;
  try { localStorage.setItem("lingtan-theme", next); } catch { /* private mode: holds for this page */ }
}
new MutationObserver(() => document.dispatchEvent(new CustomEvent("lingtan:theme")))
  .observe(root, { attributes: true, attributeFilter: ["data-theme"] });

// --- Messages ---
/** Tell the person something in the live region; `tone` is ok, watch, act or info. */
export function toast(text, tone = "info") {
  const signs = { ok: "circle-check", watch: "alert-triangle", act: "circle-x", info: "info-circle" };
  const sprite = $("use")?.getAttribute("href")?.split("#")[0] ?? "";
  const box = document.createElement("div");
  box.className = "toast";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `icon ${tone}`);
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${signs[tone] ?? signs.info}`);
  svg.append(use);
  const words = document.createElement("span");
  words.textContent = text;
  const shut = document.createElement("button");
  shut.className = "link";
  shut.type = "button";
  shut.textContent = "×";
  shut.setAttribute("aria-label", $("[data-shut]")?.getAttribute("aria-label") ?? "×");
  shut.addEventListener("click", () => box.remove());
  box.append(svg, words, shut);
  $("#toasts")?.append(box);
  if (tone !== "act") setTimeout(() => box.remove(), 8000);
}

// --- Drawer: a figure's explanation, at its own address ---
const drawer = { opener: null, depth: 0 };

async function fetchPart(address) {
  const answer = await fetch(address, { headers: { "HX-Request": "true", "X-Drawer": "1" }, credentials: "same-origin" });
  if (answer.redirected && !answer.url.includes(address.split("?")[0])) { location.assign(address); return null; }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const part = $("[data-drawer-body]", page) ?? $(".explanation", page) ?? $("main", page) ?? page.body;
  return { part, ok: answer.ok };
}

/** The page has its heading already: that of what is shown beside it is a second one. */
function asSecond(head) {
  const second = document.createElement("h2");
  second.append(...head.childNodes);
  head.replaceWith(second);
}

async function openDrawer(address, opener, push = true) {
  const panel = $("#drawer");
  if (!panel) { location.assign(address); return; }
  waiting(true);
  try {
    const got = await fetchPart(address);
    if (!got) return;
    const body = $("#drawer-body");
    body.replaceChildren(...got.part.childNodes);
    $$("h1", body).forEach(asSecond);
    body.scrollTop = 0;
    if (panel.hidden) drawer.opener = opener ?? document.activeElement;
    $$(".figure.open").forEach((one) => one.classList.remove("open"));
    opener?.classList.add("open");
    panel.hidden = false;
    $("#veil").hidden = false;
    document.body.classList.add("has-drawer");
    if (push) { history.pushState({ drawer: address }, "", address); drawer.depth += 1; }
    panel.focus();
    window.htmx?.process(body);
    drawCharts(body);
  } catch {
    location.assign(address);
  } finally {
    waiting(false);
  }
}

function shutDrawer(back = true) {
  const panel = $("#drawer");
  if (!panel || panel.hidden) return;
  if (back && drawer.depth > 0) { history.go(-drawer.depth); return; }
  panel.hidden = true;
  $("#veil").hidden = true;
  $("#drawer-body").replaceChildren();
  drawer.depth = 0;
  document.body.classList.remove("has-drawer");
  $$(".figure.open").forEach((one) => one.classList.remove("open"));
  const opener = drawer.opener;
  drawer.opener = null;
  opener?.focus?.();
  // htmx takes part in going back, and the browser then puts the focus on the page: give it back once more.
  const again = () => setTimeout(() => { if (document.activeElement === document.body) opener?.focus?.(); }, 40);
  (window.navigation?.transition?.finished ?? Promise.resolve()).then(again, again);
}

addEventListener("popstate", (event) => {
  if (event.state?.drawer) { openDrawer(event.state.drawer, null, false); drawer.depth = Math.max(1, drawer.depth - 1); }
  else shutDrawer(false);
});

function keepFocus(event) {
  const panel = $("#drawer");
  if (event.key !== "Tab" || !panel || panel.hidden) return;
  const stops = $$("a[href], button:not(:disabled), input, select, textarea, summary, [tabindex='0']", panel)
    .filter((one) => one.offsetParent !== null);
  if (!stops.length) return;
  const [first, last] = [stops[0], stops[stops.length - 1]];
  if (event.shiftKey && (document.activeElement === first || document.activeElement === panel)) { last.focus(); event.preventDefault(); }
  else if (!event.shiftKey && document.activeElement === last) { first.focus(); event.preventDefault(); }
}

// --- Confirm and reason before an act: <button data-confirm="..." data-confirm-title="..." data-reason="field name"> ---
function askFirst(event) {
  const button = event.submitter ?? event.target.querySelector("[data-confirm]");
  const form = event.target;
  const text = button?.dataset.confirm ?? form.dataset.confirm;
  if (text === undefined || form.dataset.agreed) { delete form.dataset.agreed; return; }
  event.preventDefault();
  event.stopImmediatePropagation();
  const box = $("#confirm");
  const reason = button?.dataset.reason ?? form.dataset.reason;
  const area = $("textarea", box);
  $("#confirm-title").textContent = button?.dataset.confirmTitle ?? button?.textContent.trim() ?? "";
  $("#confirm-text").textContent = text;
  $("#confirm-reason").hidden = !reason;
  area.value = "";
  area.required = Boolean(reason);
  box.returnValue = "";
  box.addEventListener("close", () => {
    if (box.returnValue !== "yes") { button?.focus(); return; }
    if (reason) setField(form, reason, area.value);
    form.dataset.agreed = "1";
    form.requestSubmit(button?.type === "submit" || button?.tagName === "BUTTON" ? button : undefined);
  }, { once: true });
  box.showModal();
}

function setField(form, name, value) {
  let field = form.elements.namedItem(name);
  if (!field) { field = document.createElement("input"); field.type = "hidden"; field.name = name; form.append(field); }
  field.value = value;
}

// --- A form is sent once; what was typed is kept when the session ends or the page is left ---
const draftKey = (form) => `lingtan-draft:${location.pathname}:${form.dataset.draft}`;

function keepDraft(form) {
  const typed = {};
  for (const [name, value] of new FormData(form)) if (typeof value === "string" && name !== "csrfmiddlewaretoken") typed[name] = value;
  try { sessionStorage.setItem(draftKey(form), JSON.stringify(typed)); } catch { /* full or private: nothing to keep in */ }
}

function offerDraft(form) {
  let typed = null;
  try { typed = JSON.parse(sessionStorage.getItem(draftKey(form))); } catch { typed = null; }
  if (!typed) return;
  const secret = (field) => field?.type === "password" || field?.type === "hidden" || field?.type === "file";
  for (const [name, value] of Object.entries(typed)) {
    const field = form.elements.namedItem(name);
    if (field && !secret(field) && "value" in field && field.value !== value) field.value = value;
  }
}

function sentOnce(form) {
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.draft) { try { sessionStorage.removeItem(draftKey(form)); } catch { /* see above */ } }
  setTimeout(() => $$("button", form).forEach((one) => { one.disabled = true; }), 0);
  setTimeout(() => $$("button", form).forEach((one) => { one.disabled = false; }), 8000);
}

// --- Autosave: <form data-autosave="address"> with <span class="saved" data-words="saved at|not saved"> ---
const timers = new WeakMap();

function autosave(form) {
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(async () => {
    const sign = $(".saved", form) ?? $(".saved");
    const words = (sign?.dataset.words ?? "✓|✗").split("|");
    let done = false;
    try {
      const answer = await fetch(form.dataset.autosave, { method: "POST", body: new FormData(form), credentials: "same-origin", headers: { "HX-Request": "true" } });
      done = answer.ok && !answer.redirected;
    } catch { done = false; }
    if (!sign) return;
    sign.dataset.state = done ? "saved" : "failed";
    const clock = new Date().toTimeString().slice(0, 5);
    sign.textContent = `${done ? words[0] : words[1]} ${clock}`;
    if (done) { try { sessionStorage.removeItem(draftKey(form)); } catch { /* see above */ } }
  }, 1200));
}

// --- A column pasted from a spreadsheet goes down the inputs of the same column ---
function pasteColumn(event) {
  const cell = event.target.closest?.("[data-paste]");
  const rows = (event.clipboardData?.getData("text") ?? "").replace(/\r?\n$/, "").split(/\r?\n/);
  if (!cell || rows.length < 2) return;
  event.preventDefault();
  const column = $$(`[data-paste="${CSS.escape(cell.dataset.paste)}"]`, cell.form ?? document).filter((one) => !one.readOnly && !one.disabled);
  rows.forEach((text, at) => {
    const target = column[column.indexOf(cell) + at];
    if (!target) return;
    target.value = text.split("\t")[0].trim();
    target.dispatchEvent(new Event("input", { bubbles: true }));
    target.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

// --- Waiting line, help, menus, keys ---
function waiting(on) { $(".waiting")?.classList.toggle("on", on); }

function go(selector) { const link = $(selector); if (link) link.click(); return Boolean(link); }

let awaited = 0;
function onKey(event) {
  keepFocus(event);
  if (event.key === "Escape") {
    $$("details.menu[open]").forEach((one) => { one.open = false; if (one.contains(document.activeElement)) $("summary", one).focus(); });
    if (!document.querySelector("dialog[open]")) shutDrawer();
    return;
  }
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (Date.now() - awaited < 1200) { awaited = 0; if (go(`[data-letter="${CSS.escape(event.key)}"]`)) event.preventDefault(); return; }
  const acts = {
    "/": () => { const field = $("input[type=search]"); field ? field.focus() : go("[data-search]"); },
    g: () => { awaited = Date.now(); },
    "[": () => go('[data-step="-1"]'),
    "]": () => go('[data-step="1"]'),
    e: () => { const at = document.activeElement?.closest?.("a.figure") ?? $("main a.figure"); at?.focus(); at?.click(); },
    "?": () => $("#help")?.showModal(),
  };
  if (acts[event.key]) { event.preventDefault(); acts[event.key](); }
}

function onClick(event) {
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  const link = event.target.closest("a.figure[href], a[data-drawer]");
  if (link && plain) { event.preventDefault(); openDrawer(link.getAttribute("href"), link); return; }
  if (event.target.closest("[data-shut], #veil")) { shutDrawer(); return; }
  if (event.target.closest("[data-theme-toggle]")) { toggleTheme(); return; }
  const opens = event.target.closest("[data-open]");
  if (opens) { const box = document.getElementById(opens.dataset.open); box?.showModal?.(); return; }
  if (event.target.closest("[data-close]")) { event.target.closest("dialog")?.close(); return; }
  if (event.target.closest("[data-print]")) { print(); return; }
  $$("details.menu[open]").forEach((one) => { if (!one.contains(event.target)) one.open = false; });
}

// --- Charts are loaded where a page has some ---
async function drawCharts(part = document) {
  const found = $$("[data-chart]", part);
  if (!found.length) return;
  const { draw } = await import(root.dataset.charts);
  for (const one of found) draw(one);
}

/** Tables that scroll inside their card can be reached and scrolled by keys. */
function reachable(part = document) {
  for (const one of $$(".table-wrap:not([tabindex])", part)) if (one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight) one.tabIndex = 0;
}

addEventListener("click", onClick);
addEventListener("keydown", onKey);
addEventListener("submit", askFirst, true);
addEventListener("submit", (event) => { if (!event.defaultPrevented) sentOnce(event.target); });
addEventListener("paste", pasteColumn);
addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.dataset.draft) keepDraft(form);
  if (form?.dataset.autosave) autosave(form);
});
addEventListener("change", (event) => { if (event.target.matches("[data-submit]")) event.target.form.requestSubmit(); });
let shown = "light";
addEventListener("beforeprint", () => { shown = root.dataset.theme; root.dataset.theme = "light"; });
addEventListener("afterprint", () => { root.dataset.theme = shown; });
document.addEventListener("htmx:before:request", () => waiting(true));
document.addEventListener("htmx:after:request", () => waiting(false));
document.addEventListener("htmx:finally:request", () => waiting(false));
document.addEventListener("htmx:after:swap", (event) => {
  drawCharts(event.target instanceof Element ? event.target : document);
  reachable();
});
addEventListener("resize", () => reachable());
document.addEventListener("htmx:response:error", (event) => {
  const code = event.detail?.ctx?.response?.status ?? "";
  toast(`${root.lang === "en" ? "The server refused the request" : "服务器没有接受这次请求"} (${code})`, "act");
});
reachable();
$$(".tabs [aria-current], .segments [aria-current]").forEach((one) => { const row = one.parentElement; if (row.scrollWidth > row.clientWidth) row.scrollLeft = one.offsetLeft - row.offsetLeft - 24; });
$$("form[data-draft]").forEach(offerDraft);
drawCharts();
