// What tools/shots.py reads from each page that it visits; the first line is dropped, the rest is one function.
() => {
  const AWAY = ".unseen, [hidden], script, style, template, noscript, svg.unseen, .skip";
  const shown = (one) => one.getClientRects().length && one.checkVisibility() && !one.closest(AWAY);
  const SPOKEN = "code, pre, kbd, .logo, [translate=no], option";
  const root = document.documentElement, width = root.clientWidth;
  const name = (one) => `${one.tagName.toLowerCase()}${one.id ? "#" + one.id : ""}.${(one.getAttribute("class") ?? "").trim().split(/\s+/).join(".")} "${(one.innerText ?? one.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, 40)}"`;

  // Texts with whether somebody says that they are of another language, and the rectangles that they fill.
  const texts = [], boxes = [], small = new Set();
  const cut = (rect, one) => {
    let { left, top, right, bottom } = rect;
    for (let at = one; at && at !== document.body; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.overflowX === "visible" && style.overflowY === "visible") continue;
      const edge = at.getBoundingClientRect();
      left = Math.max(left, edge.left); right = Math.min(right, edge.right);
      top = Math.max(top, edge.top); bottom = Math.min(bottom, edge.bottom);
    }
    return { left, top, right, bottom };
  };
  const floats = (one) => { for (let at = one; at && at !== document.body; at = at.parentElement) if (["sticky", "fixed", "absolute"].includes(getComputedStyle(at).position)) return true; return false; };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const floating = new Map();
  while (walk.nextNode()) {
    const node = walk.currentNode, text = node.textContent.trim().replace(/\s+/g, " "), holder = node.parentElement;
    if (!text || !holder || !shown(holder)) continue;
    const said = holder.closest("[lang]");
    texts.push([text, Boolean(holder.closest(SPOKEN)) || Boolean(said && said !== root && said.lang !== root.lang)]);
    if (parseFloat(getComputedStyle(holder).fontSize) < 10.9 && !holder.closest("svg")) small.add(name(holder));
    if (!floating.has(holder)) floating.set(holder, floats(holder));
    if (floating.get(holder)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      const box = cut(rect, holder);
      if (box.right - box.left > 3 && box.bottom - box.top > 3) boxes.push({ ...box, holder, text });
    }
  }
  for (const one of document.querySelectorAll("[placeholder], [title], [aria-label], [alt]")) {
    if (!shown(one) && !one.closest("dialog")) continue;
    const said = one.closest("[lang]");
    for (const key of ["placeholder", "title", "aria-label", "alt"]) if (one.getAttribute(key)) texts.push([one.getAttribute(key), Boolean(one.closest("[translate=no]")) || Boolean(said && said !== root)]);
  }

  // Overlaps: two texts of different holders that share a quarter of the smaller one.
  boxes.sort((a, b) => a.top - b.top);
  const overlaps = new Set();
  for (let at = 0; at < boxes.length; at += 1) {
    const a = boxes[at];
    for (let next = at + 1; next < boxes.length && boxes[next].top < a.bottom - 3; next += 1) {
      const b = boxes[next];
      if (a.holder === b.holder || a.holder.contains(b.holder) || b.holder.contains(a.holder)) continue;
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left), high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      const least = Math.min((a.right - a.left) * (a.bottom - a.top), (b.right - b.left) * (b.bottom - b.top));
      if (wide > 2 && high > 3 && wide * high > 0.25 * least) overlaps.add(`"${a.text.slice(0, 40)}" on "${b.text.slice(0, 40)}"`);
    }
  }

  const inside = (one) => Boolean(one.closest(".table-wrap, .segments, .tabs, .scrolls"));
  const outside = root.scrollWidth > width + 1 ? [...document.querySelectorAll("main *, header *, footer *, nav *")]
    .filter((one) => one.getBoundingClientRect().right > width + 1 && !inside(one)).slice(0, 3).map(name) : [];
  const beyond = [...document.querySelectorAll("main .btn, main h1, main h2, main p, main label, main .pill, main .what, main dd")]
    .filter((one) => shown(one) && !inside(one) && (one.getBoundingClientRect().right > width + 1 || one.getBoundingClientRect().left < -1)).slice(0, 3).map(name);
  const clipped = [...document.querySelectorAll("h1, h2, h3, th, td, .btn, .pill, .entry, .chip, label, dt, dd, .what, .stake, .name, .line, summary")]
    .filter((one) => shown(one) && one.scrollWidth > one.clientWidth + 2 && getComputedStyle(one).overflowX !== "visible" && getComputedStyle(one).textOverflow !== "ellipsis").slice(0, 5).map(name);

  // Charts: drawn means a canvas in which something stands, or parts of the page's own.
  const inked = (canvas) => {
    const part = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data;
    if (!part) return true;
    let count = 0;
    for (let at = 3; at < part.length && count < 60; at += 4 * 7) if (part[at]) count += 1;
    return count >= 60;
  };
  const state = (one) => {
    const plot = one.querySelector(".plot"), canvas = plot?.querySelector("canvas");
    if (plot?.classList.contains("is-empty")) return plot.textContent.trim() ? "said to be empty" : "empty without a word";
    if (canvas) return canvas.width && canvas.height ? (inked(canvas) ? "drawn" : "no ink") : "flat";
    return plot?.childElementCount ? "drawn" : "blank";
  };
  const charts = [...document.querySelectorAll("[data-chart]")].filter(shown).map((one) => [one.id, state(one)]);

  const images = [...document.images].filter((one) => shown(one) && one.complete && !one.naturalWidth).map((one) => one.src);
  const sprites = [...document.querySelectorAll("svg use")].filter((one) => shown(one) && !one.getBBox().width).map((one) => one.getAttribute("href"));
  const frame = [];
  if (!root.lang) frame.push("no lang");
  if (!document.title.trim() || /^\s*·/.test(document.title)) frame.push(`title "${document.title}"`);
  const heads = [...document.querySelectorAll("h1")].filter(shown);
  if (heads.length !== 1 || !heads[0].innerText.trim()) frame.push(`${heads.length} headings h1`);
  return { texts, sideways: root.scrollWidth > width + 1, outside, beyond, clipped, charts, overlaps: [...overlaps].slice(0, 5),
    small: [...small].slice(0, 4), images, sprites: [...new Set(sprites)].slice(0, 4), frame, lang: root.lang,
    policy: window.__policy ?? [], title: document.title, heading: heads[0]?.innerText ?? "" };
}
