// Uploads by dropping files, each with its own progress. Without scripts the form
// sends one file.
(() => {
  const form = (el) => el?.closest?.("form[data-upload]");
  const carriesFiles = (e) => e.dataTransfer?.types?.includes("Files");

  document.addEventListener("dragover", (e) => {
    const zone = form(e.target);
    if (!zone || !carriesFiles(e)) return;
    e.preventDefault();
    zone.classList.add("over");
  });
  document.addEventListener("dragleave", (e) => {
    const zone = form(e.target);
    if (zone && !zone.contains(e.relatedTarget)) zone.classList.remove("over");
  });
  document.addEventListener("drop", (e) => {
    const zone = form(e.target);
    if (!zone || !carriesFiles(e)) return;
    e.preventDefault();
    zone.classList.remove("over");
    upload(zone, e.dataTransfer.files);
  });
  document.addEventListener("change", (e) => {
    const zone = e.target.type === "file" && form(e.target);
    if (!zone) return;
    upload(zone, e.target.files);
    e.target.value = "";
  });
  const prepare = () => document.querySelectorAll("form[data-upload] input[type=file]").forEach((input) => { input.multiple = true; });
  document.addEventListener("DOMContentLoaded", prepare);
  document.addEventListener("htmx:after:swap", prepare);

  // fetch tells nothing of how far it is.
  const send = async (zone, file, row) => {
    const state = row.querySelector(".upload-state");
    const progress = row.querySelector("progress");
    const fail = (why) => {
      row.className = "failed";
      state.textContent = why || state.dataset.failed;
    };
    if (file.size > Number(zone.dataset.max)) { fail(zone.dataset.tooLarge); return false; }
    const body = new FormData();
    body.append("type", zone.elements.type.value);
    body.append("file", file);
    const xhr = new XMLHttpRequest();
    xhr.open("POST", zone.action);
    xhr.setRequestHeader("Accept", "application/json");
    try {
      Object.entries(await window.lapak.token()).forEach(([name, value]) => xhr.setRequestHeader(name, value));
    } catch { fail(); return false; }
    xhr.upload.addEventListener("progress", (e) => {
      progress.value = e.loaded / e.total;
      state.textContent = `${Math.floor((e.loaded / e.total) * 100)}%`;
    });
    return new Promise((resolve) => {
      xhr.addEventListener("loadend", () => {
        const ok = xhr.status === 201;
        if (ok) {
          row.className = "ready";
          progress.value = 1;
          state.textContent = state.dataset.done;
        } else {
          let why = "";
          try { why = JSON.parse(xhr.responseText).error; } catch { /* not ours */ }
          fail(why);
        }
        resolve(ok);
      });
      xhr.send(body);
    });
  };

  // One after the other: the line is shared anyway, and each is soon there.
  const upload = async (zone, files) => {
    const list = zone.querySelector("[data-uploads]");
    const template = zone.querySelector("[data-upload-row]");
    list.querySelectorAll(".ready,.failed").forEach((row) => row.remove());
    const rows = [...files].map((file) => {
      const row = template.content.firstElementChild.cloneNode(true);
      row.querySelector(".upload-name").textContent = file.name;
      row.querySelector("progress").setAttribute("aria-label", file.name);
      list.append(row);
      return [file, row];
    });
    let some = false;
    for (const [file, row] of rows) some = (await send(zone, file, row)) || some;
    if (some && zone.isConnected) {
      window.htmx.ajax("GET", location.href, { target: "#assets", select: "#assets", swap: "outerHTML" });
    }
  };
})();
