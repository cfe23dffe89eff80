// The page of a report: what was typed and not yet saved stays in this browser until the server has it.
import { toast } from "./app.js";

const form = document.querySelector("#fill");
const KEY = "lingtan-report-line:";
const lineOf = (field) => field.closest?.("[data-line]")?.dataset.line;

function keep(field) {
  const line = lineOf(field);
  const typed = /^(amount|reason)-/.exec(field.name ?? "");
  if (!line || !typed) return;
  const version = form.elements.namedItem(`version-${line}`)?.value;
  const held = read(line) ?? { version };
  held[typed[1]] = field.value;
  try { localStorage.setItem(KEY + line, JSON.stringify(held)); } catch { /* full or private: nothing to keep in */ }
}

function read(line) {
  try { return JSON.parse(localStorage.getItem(KEY + line)); } catch { return null; }
}

function forget(line) {
  try { localStorage.removeItem(KEY + line); } catch { /* see above */ }
}

/** Fill kept text in again with the version it was typed on, so that the server notices a change in between. */
function restore() {
  let found = 0;
  for (const body of document.querySelectorAll("[data-line]")) {
    const line = body.dataset.line;
    const held = read(line);
    if (!held) continue;
    const version = form.elements.namedItem(`version-${line}`);
    for (const name of ["amount", "reason"]) {
      const field = form.elements.namedItem(`${name}-${line}`);
      if (!field || held[name] === undefined || field.value === held[name]) continue;
      field.value = held[name];
      if (version && held.version) version.value = held.version;
      found += 1;
      setTimeout(() => field.dispatchEvent(new Event("change", { bubbles: true })), 50);
    }
    if (!version) forget(line);
  }
  if (found) toast(form.dataset.restored, "info");
}

function answered(event) {
  const { ctx } = event.detail;
  const line = ctx?.sourceElement ? lineOf(ctx.sourceElement) : undefined;
  const code = ctx?.response?.status ?? ctx?.response?.raw?.status;
  if (code === 401) { toast(form.dataset.signedOut, "act"); return; }
  if (code >= 400) { toast(form.dataset.failed, "act"); return; }
  if (line) forget(line);
}

if (form) {
  form.addEventListener("input", (event) => keep(event.target));
  form.addEventListener("submit", () => document.querySelectorAll("[data-line]").forEach((one) => forget(one.dataset.line)));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input[data-paste]")) {
      event.preventDefault();
      const fields = [...form.querySelectorAll("input[data-paste]")];
      fields[fields.indexOf(event.target) + 1]?.focus();
    }
  });
  document.addEventListener("htmx:after:request", answered);
  document.addEventListener("htmx:error", () => toast(form.dataset.failed, "act"));
  restore();
}
