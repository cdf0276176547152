// The timeline: a range and a field for the exact time that follow each other, in
// the shop's time zone, whatever the browser's is.
(() => {
  const parts = (ms, zone) => Object.fromEntries(new Intl.DateTimeFormat("en-CA", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  }).formatToParts(ms).map((p) => [p.type, p.value]));
  const toLocal = (ms, zone) => {
    const p = parts(ms, zone);
    return `${p.year}-${p.month}-${p.day}T${p.hour}:${p.minute}:${p.second}`;
  };
  // Twice, because the first guess may be on the other side of a change of the clock.
  const fromLocal = (text, zone) => {
    const wall = Date.parse(`${text}Z`);
    let ms = wall;
    for (let i = 0; i < 2; i++) ms += wall - Date.parse(`${toLocal(ms, zone)}Z`);
    return ms;
  };
  const between = (x, from, to, pairs) => {
    let i = 1;
    while (i < pairs.length - 1 && x > pairs[i][from]) i++;
    const [a, b] = [pairs[i - 1], pairs[i]];
    const part = Math.min(1, Math.max(0, (x - a[from]) / (b[from] - a[from] || 1)));
    return a[to] + part * (b[to] - a[to]);
  };
  const look = (form) => ({
    range: form.querySelector("input[type=range]"), at: form.elements.at, zone: form.dataset.zone,
    pairs: JSON.parse(form.querySelector("[data-scale]").dataset.scale), text: form.querySelector(".moment-text"),
  });
  const say = (form, ms) => {
    const { zone, text, range } = look(form);
    text.textContent = Number.isNaN(ms) ? "" : new Intl.DateTimeFormat(document.documentElement.lang, {
      timeZone: zone, dateStyle: "full", timeStyle: "medium",
    }).format(ms);
    range.setAttribute("aria-valuetext", text.textContent);
  };
  document.addEventListener("input", (e) => {
    const form = e.target.closest?.("#moment");
    if (!form) return;
    const { range, at, zone, pairs } = look(form);
    if (e.target === range) {
      const ms = Math.floor(between(Number(range.value), 0, 1, pairs) / 1000) * 1000;
      at.value = toLocal(ms, zone);
      say(form, ms);
    } else if (e.target === at && at.value) {
      const ms = fromLocal(at.value, zone);
      range.value = Math.round(between(ms, 1, 0, pairs));
      say(form, ms);
    }
  });
  const fresh = () => {
    const form = document.getElementById("moment");
    if (form?.elements.at?.value) say(form, fromLocal(form.elements.at.value, form.dataset.zone));
  };
  document.addEventListener("DOMContentLoaded", fresh);
  document.addEventListener("htmx:after:swap", fresh);
})();
