// data-refresh=SECONDS on an element with an id fetches it anew while somebody
// looks at the page.
(() => {
  let timer;
  const look = () => {
    clearTimeout(timer);
    const part = document.querySelector("[data-refresh]");
    if (!part || document.hidden || !window.htmx) return;
    timer = setTimeout(async () => {
      const now = document.getElementById(part.id);
      // Nothing is pulled from under who is choosing or typing.
      if (now && !document.hidden && !now.contains(document.activeElement) && getSelection().isCollapsed) {
        const id = `#${part.id}`;
        await window.htmx.ajax("GET", location.href, { target: id, select: id, swap: "outerHTML" });
      }
      look();
    }, part.dataset.refresh * 1000);
  };
  document.addEventListener("DOMContentLoaded", look);
  document.addEventListener("visibilitychange", look);
  document.addEventListener("htmx:after:swap", (e) => { if (e.detail.ctx.target === document.body) look(); });
})();
