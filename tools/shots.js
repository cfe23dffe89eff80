// What tools/shots.py reads from each page that it visits: texts, clipped and outlying parts, states of charts, links.
() => {
  const shown = (one) => one.getClientRects().length && !one.closest(".unseen, [hidden], script, style, template, svg.unseen");
  const texts = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode, text = node.textContent.trim().replace(/\s+/g, " ");
    const holder = node.parentElement;
    if (text && shown(holder)) texts.push([text, Boolean(holder.closest("code, pre, kbd, [lang=en], .logo, [translate=no]"))]);
  }
  const wide = document.documentElement, limit = wide.clientWidth;
  const name = (one) => `${one.tagName.toLowerCase()}.${(one.getAttribute("class") ?? "").split(" ").join(".")} "${(one.innerText ?? "").slice(0, 40)}"`;
  const outside = wide.scrollWidth > limit + 1 ? [...document.querySelectorAll("main *, header *, footer *, nav *")]
    .filter((one) => one.getBoundingClientRect().right > limit + 1 && !one.closest(".table-wrap, .segments, .tabs")).slice(0, 3).map(name) : [];
  const clipped = [...document.querySelectorAll("h1, h2, h3, th, td, .btn, .pill, .entry, .chip, label, dt, dd, .what, .stake, .name, .line")]
    .filter((one) => shown(one) && one.scrollWidth > one.clientWidth + 2 && getComputedStyle(one).overflowX !== "visible").slice(0, 5).map(name);
  const charts = [...document.querySelectorAll("[data-chart]")].filter(shown).map((one) => {
    const plot = one.querySelector(".plot"), canvas = plot?.querySelector("canvas");
    const state = plot?.classList.contains("is-empty") ? "empty" : canvas ? (canvas.width && canvas.height ? "drawn" : "flat") : plot?.childElementCount ? "drawn" : "blank";
    return [one.id, state];
  });
  return { texts, sideways: wide.scrollWidth > limit + 1, outside, clipped, charts, policy: window.__policy ?? [],
    links: [...document.querySelectorAll("a[href]")].map((one) => one.href), title: document.title };
}
