// Tells the audit log that a page of a park is printed; app.js sends the event before the browser's print dialogue.
document.addEventListener("lingtan:print", () => {
  const park = location.pathname.match(/^\/p\/[^/]+\//);
  if (!park) return;
  const headers = JSON.parse(document.body.getAttribute("hx-headers:inherited") || "{}");
  const body = new URLSearchParams({ path: location.pathname + location.search });
  fetch(`${park[0]}printed/`, { method: "POST", headers, body, keepalive: true });
});
