// The one formatter in the browser; the same rules and cases as lingtan.web.kernel.figures (a test compares the two).
const MINUS = "\u2212", THIN = "\u2009";
export const NONE = "\u2014";
const PLACES = { ratio: 2, share: 1, uncertainty: 1, money: 2 };
const formats = new Map();

function fixed(text, places) {
  if (!formats.has(places)) {
    formats.set(places, new Intl.NumberFormat("en-US", { minimumFractionDigits: places, maximumFractionDigits: places }));
  }
  return formats.get(places).format(text);
}

/** Shift the decimal point of a plain decimal text two places to the right, without floating point. */
function hundredfold(text) {
  const sign = text.startsWith("-") ? "-" : "";
  const [whole, part = ""] = text.replace("-", "").split(".");
  const digits = part.padEnd(2, "0");
  const moved = `${whole}${digits.slice(0, 2)}${digits.length > 2 ? `.${digits.slice(2)}` : ""}`;
  return sign + moved.replace(/^0+(?=\d)/, "");
}

/** Write a number without an exponent. */
function plain(value) {
  const text = String(value).trim();
  const found = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/i.exec(text);
  if (!found) return text;
  const [, sign, whole, part = "", power] = found;
  const digits = whole + part;
  const at = whole.length + Number(power);
  if (at <= 0) return `${sign}0.${"0".repeat(-at)}${digits}`;
  if (at >= digits.length) return sign + digits + "0".repeat(at - digits.length);
  return `${sign}${digits.slice(0, at)}.${digits.slice(at)}`;
}

function places(size, kind) {
  if (kind === "money") return size >= 1000 ? 0 : 2;
  if (kind in PLACES) return PLACES[kind];
  return size >= 100 || size === 0 ? 0 : 2 - Math.floor(Math.log10(size) + 1e-12);
}

/** The figure without its unit; kinds total, ratio, share, uncertainty, factor, money; `digits` overrides the decimals. */
export function number(value, kind = "total", digits = null) {
  if (value === null || value === undefined || value === "" || !Number.isFinite(Number(value))) return NONE;
  let text = plain(value);
  if (kind === "share" || kind === "uncertainty") text = hundredfold(text);
  const size = Math.abs(Number(text));
  if (digits === null && kind === "factor") {
    const [whole, part] = text.replace("-", "").split(".");
    return `${text.startsWith("-") ? MINUS : ""}${fixed(whole, 0)}${part === undefined ? "" : `.${part}`}`;
  }
  if (digits === null && kind === "total" && size > 0 && size < 0.0005) return `${Number(text) < 0 ? MINUS : ""}<0.001`;
  if (digits === null && kind === "share" && Number(text) >= 99.95 && Number(text) < 100) return ">99.9";
  let shown = fixed(text, digits ?? places(size, kind));
  if (kind === "total" && digits === null && shown.includes(".")) shown = shown.replace(/0+$/, "").replace(/\.$/, "");
  return shown.replace("-", /[1-9]/.test(shown) ? MINUS : "");
}

/** The figure with its unit behind a thin space; shares carry their per cent. */
export function amount(value, kind = "total", unit = "", digits = null) {
  const text = number(value, kind, digits);
  const sign = unit || (kind === "share" || kind === "uncertainty" ? "%" : "");
  return text === NONE || !sign ? text : `${text}${THIN}${sign}`;
}

/** A change as a signed figure: +31.4, −6.2, 0. */
export function signed(value, kind = "total", digits = null) {
  const text = number(value, kind, digits);
  return text !== NONE && /[1-9]/.test(text) && Number(value) > 0 ? `+${text}` : text;
}
