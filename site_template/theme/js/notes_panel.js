// @ts-check
import { byId, element } from "./element.js";
import { entries, formatNotes, mergeNotes, noteOf, openNotes, parseNotes, withNote } from "./notes.js";
import { panel } from "./panels/panel.js";

/** @typedef {import("./panels/panel.js").Page} Page */
/** @typedef {{ show: () => void, edit: () => void }} NotesPanel */

const KEPT = "Notes stay in this browser. Export them to keep or to send them.";
const LOST = "This browser keeps nothing for this page (a private window?): the notes are gone when it is closed. Export them.";

/**
 * The reader's note on the feature that is shown: a panel of its own, and a dialog to write it.
 * @param {() => Page | null} current
 * @returns {NotesPanel}
 */
export function startNotes(current) {
  const notes = openNotes(new URL("./", location.href));
  const dialog = /** @type {HTMLDialogElement} */ (byId("noted"));
  const star = element("input", "", [], { type: "checkbox" });
  const text = element("textarea", "", [], { rows: "6", maxlength: "10000", "aria-label": "your note" });
  const file = element("input", "", [], { type: "file", accept: "application/json,.json", hidden: "" });
  const status = element("p", "muted", [KEPT], { role: "status" });
  const button = (/** @type {string} */ name, /** @type {() => void} */ action) => {
    const node = element("button", "button", [name], { type: "button" });
    node.addEventListener("click", action);
    return node;
  };
  dialog.replaceChildren(
    element("h2", "", ["Your note"], { id: "noted-title" }),
    element("p", "", [element("label", "", [star, " star this feature"])]),
    text,
    status,
    element("p", "ways", [button("close", () => dialog.close()), button("export all", () => save(notes.read())), button("import", () => file.click())]),
    file,
  );

  const show = () => {
    const page = current();
    if (!page) return;
    const note = noteOf(notes.read(), page.sae.name, page.record.feature);
    byId("note").textContent = note.star ? "★" : "☆";
    byId("note").setAttribute("aria-label", note.star ? "note: starred" : "note");
    document.querySelector(".panel.note-panel")?.remove();
    if (note.text) document.querySelector(".panel.label")?.after(panel("note-panel", "Your note", null, [element("p", "remark", [note.text])]));
  };

  const keep = () => {
    const page = current();
    if (!page) return;
    const kept = notes.write(withNote(notes.read(), page.sae.name, page.record.feature, { star: star.checked, text: text.value }));
    status.textContent = kept ? KEPT : LOST;
    show();
  };

  const edit = () => {
    const page = current();
    if (!page) return;
    const note = noteOf(notes.read(), page.sae.name, page.record.feature);
    [star.checked, text.value] = [note.star, note.text];
    status.textContent = notes.write(notes.read()) ? KEPT : LOST;
    if (!dialog.open) dialog.showModal();
    text.focus();
  };

  star.addEventListener("change", keep);
  text.addEventListener("input", keep);
  dialog.addEventListener("click", ({ target }) => { if (target === dialog) dialog.close(); });
  file.addEventListener("change", async () => {
    const chosen = file.files?.[0];
    if (!chosen) return;
    file.value = "";
    try {
      if (chosen.size > 5_000_000) throw new Error("it is larger than 5 MB");
      const theirs = parseNotes(await chosen.text());
      const kept = notes.write(mergeNotes(notes.read(), theirs));
      edit();
      show();
      status.textContent = `${entries(theirs).length} notes read; nothing of yours was replaced.${kept ? "" : ` ${LOST}`}`;
    } catch (error) {
      status.textContent = `${chosen.name} was not read: ${error instanceof Error ? error.message : error}. Your notes are as they were.`;
    }
  });
  addEventListener("storage", show);
  return { show, edit };
}

/** @param {import("./notes.js").Notes} notes */
function save(notes) {
  const address = URL.createObjectURL(new Blob([formatNotes(notes)], { type: "application/json" }));
  element("a", "", [], { href: address, download: "featviz-notes.json" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
