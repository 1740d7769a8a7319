// @ts-check
import { noteOf, openNotes, withNote } from "./notes.js";

/** @typedef {import("./notes.js").Note} Note */
/** @typedef {ReturnType<typeof ownNotes>} OwnNotes */

/**
 * The reader's notes on one SAE's features, read once and again when they change, here or in another tab.
 * @param {string} sae
 * @param {() => void} changed
 */
export function ownNotes(sae, changed) {
  const store = openNotes(new URL("./", location.href));
  let notes = store.read();
  const again = () => {
    notes = store.read();
    changed();
  };
  addEventListener("storage", again);
  return {
    /** @param {number} feature @returns {Note} */
    of: (feature) => noteOf(notes, sae, feature),
    /** Whether any feature has a text. */
    written: () => Object.values(notes[sae] ?? {}).some(({ text }) => text.trim()),
    /** @param {number} feature */
    toggle(feature) {
      const note = noteOf(store.read(), sae, feature);
      store.write(withNote(store.read(), sae, feature, { ...note, star: !note.star }));
      again();
    },
  };
}
