// Everything works without this file outside of Shopify; it makes it smoother.
(() => {
  const all = (root, selector, fn) => root.querySelectorAll(selector).forEach(fn);

  // Inside Shopify each request carries a fresh session token: cookies are not
  // sent in its iframe. App Bridge adds it to what goes by fetch, and tries again
  // where the server finds it too old; it leaves alone what has one already.
  const token = async () => (window.shopify?.idToken ? { Authorization: `Bearer ${await window.shopify.idToken()}` } : {});
  // What is no page has nothing to show: it is between the server and App Bridge.
  document.addEventListener("htmx:before:swap", (e) => {
    if (e.detail.ctx.response?.headers.get("Content-Type")?.startsWith("application/json")) e.preventDefault();
  });
  document.addEventListener("shopify:navigate", (e) => {
    const to = e.target?.getAttribute?.("href");
    if (!to || !window.htmx) return;
    e.preventDefault();
    window.htmx.ajax("GET", to, { target: document.body, swap: "outerSync", push: "true" });
  });

  // A download is no request of htmx's, so inside Shopify it would have no token.
  document.addEventListener("click", async (e) => {
    const link = e.target.closest?.("a[download]");
    if (!link || !window.shopify?.idToken || link.protocol === "blob:") return;
    e.preventDefault();
    const answer = await window.fetch(link.href);
    if (!answer.ok) { window.htmx.ajax("GET", link.href, { target: document.body, swap: "outerSync" }); return; }
    const a = document.createElement("a");
    a.download = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition"))?.[1] ?? "";
    a.href = URL.createObjectURL(await answer.blob());
    a.click();
    setTimeout(() => URL.revokeObjectURL(a.href), 60000);
  });

  // For what htmx does not do, such as uploads with progress.
  window.lapak = { token };

  let added = 0;
  // Buttons: data-dismiss takes a toast away, data-copy=ID copies a field,
  // data-add=ID adds a template's content, data-remove the data-item around it.
  document.addEventListener("click", (e) => {
    const button = e.target.closest?.("[data-dismiss],[data-copy],[data-add],[data-remove]");
    if (!button) return;
    const { copy, add } = button.dataset;
    if (copy) {
      const field = document.getElementById(copy);
      field.select();
      navigator.clipboard?.writeText(field.value).catch(() => {});
    } else if (add) {
      const template = document.getElementById(add);
      template.insertAdjacentHTML("beforebegin", template.innerHTML.replaceAll('-new"', `-n${(added += 1)}"`));
      template.previousElementSibling.querySelector("input:not([type=hidden]),select")?.focus();
      e.preventDefault();
    } else if ("remove" in button.dataset) {
      button.closest("[data-item]").remove();
      e.preventDefault();
    } else button.closest("[data-toast]").remove();
  });

  // data-ask=TEXT on a form or its button asks before the form is sent.
  document.addEventListener("submit", (e) => {
    const asking = e.submitter?.dataset.ask ? e.submitter : e.target;
    if (!asking.dataset.ask || asking.answered) return;
    e.preventDefault();
    e.stopImmediatePropagation();
    const dialog = document.getElementById("question");
    dialog.querySelector("p").textContent = asking.dataset.ask;
    dialog.returnValue = "";
    dialog.onclose = () => {
      asking.answered = dialog.returnValue === "yes";
      if (asking.answered) e.target.requestSubmit(e.submitter);
      asking.answered = false;
    };
    dialog.showModal();
    dialog.querySelector("[value=no]").focus();
  }, true);

  // What listens to the server fetches the script for it first.
  let listens = false;
  const listen = () => {
    if (listens || !document.querySelector("[hx-sse\\:connect]")) return;
    listens = true;
    const script = document.createElement("script");
    script.src = document.body.dataset.events;
    script.onload = () => window.htmx.process(document.body);
    document.head.append(script);
  };

  // What a fresh page needs, be it the first one or one that htmx brought.
  const fresh = () => {
    listen();
    const url = new URL(location.href);
    if (url.searchParams.has("done")) {
      ["done", "of"].forEach((name) => url.searchParams.delete(name));
      history.replaceState(history.state, "", url);
    }
    all(document, "[data-toast]", (el) => {
      // Said anew, so that it is read aloud: it came together with the page.
      setTimeout(() => { const p = el.querySelector("p"); p.textContent = p.textContent; }, 200);
      if (!el.querySelector("form")) setTimeout(() => { if (!el.matches(":hover,:focus-within")) el.remove(); }, 9000);
    });
  };
  document.addEventListener("DOMContentLoaded", fresh);
  document.addEventListener("htmx:after:swap", (e) => {
    const { ctx } = e.detail;
    if (ctx.target !== document.body) { fresh(); return; }
    document.documentElement.lang = document.body.lang;
    fresh();
    if (!document.activeElement?.closest("main")) document.getElementById("main")?.focus({ preventScroll: true });
  });
})();
