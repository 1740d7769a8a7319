// @ts-check

/**
 * A reader's own stars and remarks, by SAE and feature. They stay in this browser.
 * @typedef {{ star: boolean, text: string }} Note
 * @typedef {Record<string, Record<string, Note>>} Notes
 */
/** @typedef {Pick<Storage, "getItem" | "setItem">} Store */

export const FORMAT = "featviz-notes";
const VERSION = 1;
const LONGEST = 10_000;
const LARGEST = 5_000_000;
const SAE = /^[A-Za-z0-9][\w.-]{0,63}$/;
const FEATURE = /^(0|[1-9]\d{0,14})$/;

/** Where a site's notes are kept. @param {URL} base the site's root */
export function notesKey(base) {
  return `featviz:notes:${base.pathname}`;
}

/**
 * The notes in a file or in storage; throws an Error that says why it is none.
 * @param {string} text
 * @returns {Notes}
 */
export function parseNotes(text) {
  if (text.length > LARGEST) throw new Error("it is larger than 5 MB");
  const file = parseJson(text);
  if (!isObject(file) || file.format !== FORMAT) throw new Error(`its format is not “${FORMAT}”`);
  if (file.version !== VERSION) throw new Error(`its version is ${short(file.version)}; this page reads version ${VERSION}`);
  if (!isObject(file.notes)) throw new Error("it has no notes");
  return Object.fromEntries(Object.entries(file.notes).map(([sae, notes]) => [sae, readSae(sae, notes)]));
}

/** The notes as the text of a file. @param {Notes} notes */
export function formatNotes(notes) {
  return JSON.stringify({ format: FORMAT, version: VERSION, notes });
}

/** A feature's note, an empty one if there is none. @param {Notes} notes @param {string} sae @param {number} feature @returns {Note} */
export function noteOf(notes, sae, feature) {
  const own = Object.hasOwn(notes, sae) ? notes[sae] : undefined;
  return own && Object.hasOwn(own, String(feature)) ? /** @type {Note} */ (own[feature]) : { star: false, text: "" };
}

/** The notes with one changed; an empty one is taken out. @param {Notes} notes @param {string} sae @param {number} feature @param {Note} note @returns {Notes} */
export function withNote(notes, sae, feature, note) {
  const { [String(feature)]: _, ...others } = Object.hasOwn(notes, sae) ? (notes[sae] ?? {}) : {};
  const changed = isEmpty(note) ? others : { ...others, [feature]: note };
  const { [sae]: __, ...rest } = notes;
  return Object.keys(changed).length ? { ...rest, [sae]: changed } : rest;
}

/**
 * Both notes in one. Nothing is lost: stars add up, and a text that differs is set below the one that was there.
 * @param {Notes} mine
 * @param {Notes} theirs
 */
export function mergeNotes(mine, theirs) {
  const merged = new Map(Object.entries(mine).map(([sae, own]) => [sae, { ...own }]));
  for (const [sae, feature, note] of entries(theirs)) {
    const own = noteOf(mine, sae, feature);
    const text = own.text.includes(note.text) ? own.text : [own.text, note.text].filter(Boolean).join("\n\n");
    const both = { star: own.star || note.star, text: text.slice(0, LONGEST) };
    if (isEmpty(both)) continue;
    merged.set(sae, merged.get(sae) ?? {});
    Object.assign(merged.get(sae) ?? {}, { [feature]: both });
  }
  return /** @type {Notes} */ (Object.fromEntries(merged));
}

/** All notes one by one. @param {Notes} notes @returns {[sae: string, feature: number, note: Note][]} */
export function entries(notes) {
  return Object.entries(notes).flatMap(([sae, own]) => Object.entries(own).map(([feature, note]) =>
    /** @type {[string, number, Note]} */ ([sae, Number(feature), note])));
}

/**
 * A site's notes in the browser's storage, read anew each time because other tabs write too. Where storage is
 * refused, as in some private windows, they last as long as the page: `write` then answers false.
 * @param {URL} base
 * @param {() => Store} [storage]
 */
export function openNotes(base, storage = () => localStorage) {
  /** @type {Notes | null} */
  let kept = null;
  /** @returns {Notes} */
  const read = () => {
    if (kept) return kept;
    let found = "";
    try {
      found = storage().getItem(notesKey(base)) ?? formatNotes({});
      return parseNotes(found);
    } catch {
      setAside(found);
      return {};
    }
  };
  /** Keeps what cannot be read, a newer version's notes perhaps, from being written over. @param {string} found */
  const setAside = (found) => {
    try {
      if (found) storage().setItem(`${notesKey(base)}:unread`, found);
    } catch {}
  };
  /** @param {Notes} notes */
  const write = (notes) => {
    try {
      storage().setItem(notesKey(base), formatNotes(notes));
      kept = null;
    } catch {
      kept = notes;
    }
    return kept === null;
  };
  return { read, write };
}

/** @param {string} sae @param {unknown} notes @returns {Record<string, Note>} */
function readSae(sae, notes) {
  if (!SAE.test(sae)) throw new Error(`${short(sae)} cannot be an SAE’s name`);
  if (!isObject(notes)) throw new Error(`its notes on ${sae} are no object`);
  return Object.fromEntries(Object.entries(notes).map(([feature, note]) => [feature, readNote(sae, feature, note)]));
}

/** @param {string} sae @param {string} feature @param {unknown} note @returns {Note} */
function readNote(sae, feature, note) {
  if (!FEATURE.test(feature)) throw new Error(`${short(feature)} is no feature number`);
  const { star = false, text = "" } = isObject(note) ? note : { star: null };
  if (typeof star !== "boolean" || typeof text !== "string")
    throw new Error(`the note on ${sae} / ${feature} needs a “star” (true or false) and a “text”`);
  if (text.length > LONGEST) throw new Error(`the note on ${sae} / ${feature} is longer than ${LONGEST} characters`);
  return { star, text };
}

/** @param {Note} note */
function isEmpty({ star, text }) {
  return !star && !text.trim();
}

/** @param {string} text @returns {unknown} */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("it is no JSON");
  }
}

/** @param {unknown} value @returns {value is Record<string, any>} */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @param {unknown} value */
function short(value) {
  return JSON.stringify(value)?.slice(0, 60) ?? "missing";
}
