// Keeps what somebody types in a form (data-keep) in this tab until it is saved: a session that ends, a page left by
// mistake and a refused request lose nothing. The server names the forms that are done (data-done), these are forgotten.

const HIDDEN = new Set(["csrfmiddlewaretoken"]);
const key = `form:${location.pathname}`;

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(key) || "null");
  } catch {
    return null;
  }
}

function values(form) {
  const pairs = [];
  for (const one of form.elements) {
    if (!one.name || HIDDEN.has(one.name) || one.type === "file" || one.type === "password" || one.tagName === "BUTTON") continue;
    pairs.push([one.name, one.type === "checkbox" || one.type === "radio" ? one.checked : one.value, one.value]);
  }
  return pairs;
}

function keep(form) {
  sessionStorage.setItem(key, JSON.stringify({ token: form.elements.token.value, pairs: values(form) }));
}

function put(form, pairs) {
  let differs = false;
  for (const [name, value, own] of pairs) {
    for (const one of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      const ticked = one.type === "checkbox" || one.type === "radio";
      if (ticked && one.value !== own) continue;
      if (one.type !== "hidden" && (ticked ? one.checked : one.value) !== value) differs = true;
      if (ticked) one.checked = value;
      else one.value = value;
    }
  }
  return differs;
}

function done() {
  const named = [...document.querySelectorAll("[data-done]")].flatMap((one) => one.dataset.done.split(" "));
  return new Set(named.filter(Boolean));
}

function forget(tokens) {
  for (const name of Object.keys(sessionStorage)) {
    if (!name.startsWith("form:")) continue;
    try {
      if (tokens.has(JSON.parse(sessionStorage.getItem(name)).token)) sessionStorage.removeItem(name);
    } catch {
      sessionStorage.removeItem(name);
    }
  }
}

function start(form) {
  const kept = read();
  const notice = form.querySelector("[data-restored]");
  if ("bound" in form.dataset) keep(form);
  else if (kept && put(form, kept.pairs)) notice.hidden = false;
  form.addEventListener("input", () => keep(form));
  form.addEventListener("submit", () => keep(form));
  notice.querySelector("[data-discard]").addEventListener("click", () => {
    sessionStorage.removeItem(key);
    location.reload();
  });
}

forget(done());
for (const form of document.querySelectorAll("form[data-keep]")) start(form);
