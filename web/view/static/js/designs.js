// Lists in which things are ticked, and pictures that do not come.
(() => {
  document.addEventListener("click", (e) => {
    const button = e.target.closest?.("[data-choose-all]");
    if (button) button.closest("form").querySelectorAll("input[name=id]").forEach((box) => { box.checked = true; });
  });
  document.addEventListener("error", (e) => {
    if (e.target instanceof HTMLImageElement) e.target.classList.add("missing");
  }, true);
})();
