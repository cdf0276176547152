// Passkeys: what signs in with one, and what makes one. Where the browser has none,
// their buttons stay hidden.
(() => {
  const able = () => window.PublicKeyCredential?.parseRequestOptionsFromJSON && navigator.credentials;
  const post = async (url, body) => {
    const answer = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(answer.status);
    return answer.status === 204 ? null : answer.json();
  };
  const signIn = async (back) => {
    const { publicKey } = await post("/signin/passkey/begin");
    const found = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
    const { location: to } = await post(`/signin/passkey/finish?return=${encodeURIComponent(back)}`, found.toJSON());
    location.assign(to);
  };
  const add = async (form) => {
    const { publicKey } = await post(`${form.action}/begin`);
    const made = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) });
    const { location: to } = await post(`${form.action}/finish?name=${encodeURIComponent(form.elements.name.value)}`, made.toJSON());
    location.assign(to);
  };
  const run = async (button, work) => {
    const problem = document.getElementById("passkey-problem");
    problem.hidden = true;
    button.disabled = true;
    try {
      await work();
    } catch (e) {
      if (e.name !== "NotAllowedError" && e.name !== "AbortError") { // those were the user's own wish
        problem.textContent = button.dataset.failed;
        problem.hidden = false;
      }
    } finally {
      button.disabled = false;
    }
  };
  document.addEventListener("click", (e) => {
    const button = e.target.closest?.("[data-signin-passkey]");
    if (button) run(button, () => signIn(button.dataset.return));
  });
  document.addEventListener("submit", (e) => {
    if (!e.target.matches("[data-add-passkey]")) return;
    e.preventDefault();
    e.stopImmediatePropagation();
    run(e.submitter, () => add(e.target));
  }, true);
  const fresh = () => document.querySelectorAll("[data-passkey]").forEach((el) => { el.hidden = !able(); });
  document.addEventListener("DOMContentLoaded", fresh);
  document.addEventListener("htmx:after:swap", (e) => { if (e.detail.ctx.target === document.body) fresh(); });
})();
