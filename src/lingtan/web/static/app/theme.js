// Runs before the page is painted: the chosen theme, else the system's. A classic script, since modules come later.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try { return localStorage.getItem("lingtan-theme"); } catch { return null; }
  };
  const apply = () => { root.dataset.theme = chosen() || (system.matches ? "dark" : "light"); };
  apply();
  system.addEventListener("change", apply);
})();
