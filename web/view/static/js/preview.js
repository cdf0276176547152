// The branding's preview, and a print area, follow what is typed.
(() => {
  // As the server chooses it: dark ink on light colours (WCAG's luminance).
  const ink = (hex) => {
    const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#1d1a16" : "#ffffff";
  };
  const sides = { "view.x": "x", "view.y": "y", "view.w": "width", "view.h": "height" };
  document.addEventListener("input", (e) => {
    const side = sides[e.target.name], number = parseFloat(e.target.value.replace(",", "."));
    if (side && number >= 0) e.target.closest("[data-item]").querySelector("[data-area]")?.setAttribute(side, number);
    const svg = document.querySelector("[data-preview]");
    if (!svg) return;
    const field = e.target, set = (part, name, value) => svg.querySelectorAll(`[data-brand=${part}]`).forEach((el) => el.setAttribute(name, value));
    if (field.dataset.pick) document.getElementById(field.dataset.pick).value = field.value;
    if (field.dataset.pick || field.name === "primaryColor") {
      let hex = field.value.trim();
      if (/^#[0-9a-f]{3}$/i.test(hex)) hex = hex.replace(/[0-9a-f]/gi, "$&$&");
      if (!/^#[0-9a-f]{6}$/i.test(hex)) return;
      set("fill", "fill", hex); set("stroke", "stroke", hex); set("ink", "fill", ink(hex));
      document.querySelector("[data-pick]").value = hex.toLowerCase();
    } else if (field.name === "logoUrl") {
      const good = /^https:\/\/\S+\.\S+/.test(field.value);
      const logo = svg.querySelector("[data-brand=logo]");
      logo.setAttribute("href", good ? field.value : "");
      logo.classList.toggle("hidden", !good);
      svg.querySelector("[data-brand-name]").classList.toggle("hidden", good);
    }
  });
})();
