// @ts-check
import { byId } from "./element.js";
import { copyLink, say } from "./header.js";
import { listenToKeys } from "./keyboard.js";
import { markValue } from "./panels/bar_chart.js";
import { facetOf, searchLater, tokenText } from "./search_later.js";
import { nextTheme } from "./theme.js";

/** @typedef {import("./location.js").Look} Look */
/**
 * What links, buttons, fields and keys make the page do, and what it shows.
 * @typedef {object} Actions
 * @property {(address: string) => void} go
 * @property {(sae: string, feature: number | string | null) => void} goTo
 * @property {(step: number) => void} goBy
 * @property {() => void} goToRandom
 * @property {(changes: Partial<Look>) => void} setLook
 * @property {{ sae: import("./bundle.js").Sae | null, page: import("./panels/panel.js").Page | null, look: Look }} shown
 * @property {ReturnType<typeof import("./bundle.js").openBundle>} bundle
 */

/** @param {Actions} actions */
export function listenToControls(actions) {
  const { shown, setLook } = actions;
  const openSearch = searchLater(actions, say);
  const openNote = notes(actions);
  const help = /** @type {HTMLDialogElement} */ (byId("help"));
  const showHelp = () => help.showModal();
  const toggleWrap = () => setLook({ wrap: !shown.look.wrap });
  listenToHeader(actions);
  byId("verify").addEventListener("click", () => {
    import("./verify_shown.js").then(({ verifyShown }) => verifyShown(shown.page, say), () => say("It cannot be verified."));
  });
  listenToLinks(actions.go);
  byId("note").addEventListener("click", openNote);
  listenToKeys({
    ArrowLeft: () => actions.goBy(-1),
    ArrowRight: () => actions.goBy(1),
    k: () => actions.goBy(-1),
    j: () => actions.goBy(1),
    r: actions.goToRandom,
    g: focusNumber,
    n: openNote,
    s: () => openSearch(tokenAtHand(shown.page), "fires_on"),
    t: nextTheme,
    w: toggleWrap,
    "/": () => byId("search").focus(),
    "?": showHelp,
  });
  help.addEventListener("click", ({ target }) => { if (target === help) help.close(); });
  byId("ask").addEventListener("click", showHelp);
  document.addEventListener("click", ({ target }) => {
    if (!(target instanceof Element)) return;
    const chip = /** @type {HTMLElement | null} */ (target.closest("button[data-token]"));
    if (target.id === "wrap") toggleWrap();
    else if (target.id === "spaces") setLook({ spaces: !shown.look.spaces });
    else if (chip && shown.page) openSearch(tokenText(shown.page, Number(chip.dataset.token)), facetOf(chip));
  });
  document.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLSelectElement && target.id === "context") setLook({ context: Number(target.value) });
  });
  followLogits();
}

/** The reader's notes, whose code is fetched when they are first used, or when there are some. @param {Actions} actions */
function notes({ shown }) {
  /** @type {Promise<import("./notes_panel.js").NotesPanel> | null} */
  let panel = null;
  const open = () => (panel ??= import("./notes_panel.js").then(({ startNotes }) => startNotes(() => shown.page)));
  addEventListener("featviz:shown", () => { if (panel || hasNotes()) open().then((opened) => opened.show(), () => undefined); });
  return () => { open().then((opened) => opened.edit(), () => { panel = null; say("Notes are not in this file, or cannot be reached."); }); };
}

function hasNotes() {
  try {
    return localStorage.getItem(`featviz:notes:${new URL("./", location.href).pathname}`) !== null;
  } catch {
    return false;
  }
}

/** Marks the logit of the table's row that is pointed at or focused. */
function followLogits() {
  for (const kind of ["pointerover", "focusin"]) byId("middle").addEventListener(kind, ({ target }) => {
    const row = target instanceof Element ? target.closest(".logit_table tr") : null;
    const chip = /** @type {HTMLElement | null | undefined} */ (row?.querySelector("[data-value]"));
    markValue(document.querySelector(".logit_histogram .chart"), chip ? Number(chip.dataset.value) : null);
  });
}

/** @param {import("./panels/panel.js").Page | null} page */
function tokenAtHand(page) {
  const token = /** @type {HTMLElement | null} */ (document.querySelector(".t.shown"));
  return page && token ? tokenText(page, page.record.windows.tokens[Number(token.dataset.at)] ?? 0) : null;
}

/** @param {Actions} actions */
function listenToHeader({ goTo, goToRandom, shown }) {
  const sae = /** @type {HTMLSelectElement} */ (byId("sae"));
  const number = /** @type {HTMLInputElement} */ (byId("number"));
  sae.addEventListener("change", () => goTo(sae.value, null));
  byId("goto").addEventListener("submit", (event) => {
    event.preventDefault();
    number.blur();
    goTo(sae.value, number.value.trim());
  });
  byId("random").addEventListener("click", goToRandom);
  byId("copy").addEventListener("click", copyLink);
  byId("cite").addEventListener("click", () => {
    const { page } = shown;
    if (page) import("./citation.js").then(({ copyCitation }) => copyCitation(page, say), () => say("The citation cannot be reached."));
  });
}

/** Links to other features change the page in place, unless a window of their own is asked for. @param {Actions["go"]} go */
function listenToLinks(go) {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link?.href || link.target || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const address = new URL(link.href);
    if (address.origin !== location.origin || address.pathname !== location.pathname) return;
    if (address.hash && address.search === location.search) return;
    event.preventDefault();
    go(address.href);
  });
}

function focusNumber() {
  const number = /** @type {HTMLInputElement} */ (byId("number"));
  number.focus();
  number.select();
}
