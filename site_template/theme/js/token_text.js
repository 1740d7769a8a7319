// @ts-check
import { wholeCharacters } from "./characters.js";
import { element } from "./element.js";

/** @typedef {import("./record.js").TokenTable} TokenTable */
/** @typedef {{ text: string, mark: boolean }} Piece a stretch of text, or the mark that stands for something invisible */

const INVISIBLE = /[\n\r\t]|[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;
const JOINER = "\u200d";
const EMPTY = "∅";
/** @type {Record<string, string>} */
const MARKS = { "\n": "↵", "\r": "␍", "\t": "⇥" };

/**
 * A text cut into what can be seen and marks for what cannot: line ends, tabs, control and format characters.
 * @param {string} text
 * @returns {Piece[]}
 */
export function visiblePieces(text) {
  if (!text) return [{ text: EMPTY, mark: true }];
  /** @type {Piece[]} */
  const pieces = [];
  for (const character of text) {
    const mark = INVISIBLE.test(character) && !(character === JOINER && text.length > 1);
    const last = pieces.at(-1);
    if (!mark && last && !last.mark) last.text += character;
    else pieces.push({ text: mark ? (MARKS[character] ?? escaped(character)) : character, mark });
  }
  return pieces;
}

/**
 * The same, with leading and trailing spaces as dots: for a token that stands alone.
 * @param {string} text
 * @returns {Piece[]}
 */
export function quotedPieces(text) {
  if (!text) return visiblePieces(text);
  const [, before = "", inner = "", after = ""] = /^( *)([^]*?)( *)$/.exec(text) ?? [];
  const dots = (/** @type {string} */ spaces) => (spaces ? [{ text: "·".repeat(spaces.length), mark: true }] : []);
  return [...dots(before), ...(inner ? visiblePieces(inner) : []), ...dots(after)];
}

/**
 * The same, with every space as a dot. @param {string} text
 */
export function spacedPieces(text) {
  return visiblePieces(text).flatMap((piece) => piece.mark ? [piece] : piece.text.split(/( +)/).filter(Boolean).map((part) =>
    part.startsWith(" ") ? { text: "·".repeat(part.length), mark: true } : { text: part, mark: false }));
}

/**
 * A token that stands alone, in a table or the tooltip: a button that searches it.
 * @param {TokenTable} tokens
 * @param {number} token
 * @param {string} [className]
 */
export function tokenChip(tokens, token, className = "") {
  const text = tokens.text[token] ?? "";
  const pieces = isBytes(tokens, token) ? [{ text, mark: false }] : quotedPieces(text);
  const name = classes("chip", className, tokenClass(tokens, token));
  const attributes = { type: "button", "data-token": String(token), title: `${titleOf(tokens, token)}: search it` };
  return element("button", name, pieceNodes(pieces), attributes);
}

/**
 * Makes the tokens of running text: `.t` elements, spaces as they are.
 * @param {TokenTable} tokens
 * @param {boolean} dotted whether every space is a dot
 */
export function runningToken(tokens, dotted) {
  /** @type {Map<number, HTMLElement>} */
  const made = new Map();
  /** @param {number} token */
  const make = (token) => {
    const text = tokens.text[token] ?? "";
    const spaces = dotted ? "" : /^ +$/.test(text) ? "blank" : /^ /.test(text) ? "lead" : "";
    const pieces = isBytes(tokens, token) ? [{ text, mark: false }] : dotted ? spacedPieces(text) : visiblePieces(text);
    return element("span", classes("t", tokenClass(tokens, token), spaces, /[\u0590-\uffff]/.test(text) ? "bidi" : ""), pieceNodes(pieces));
  };
  /** @param {number} token */
  return (token) => {
    const node = made.get(token) ?? make(token);
    made.set(token, node);
    return /** @type {HTMLElement} */ (node.cloneNode(true));
  };
}

/**
 * Cuts running tokens where no character is split: most stretches are one token, some the parts of whole characters.
 * @param {TokenTable} tokens
 * @param {number[]} running
 * @returns {import("./characters.js").Stretch[]}
 */
export function stretches(tokens, running) {
  const found = [];
  for (let at = 0, end = 0; at < running.length; at = end) {
    while (isBytes(tokens, running[end])) end += 1;
    if (at < end) found.push(...wholeCharacters(running.slice(at, end).map((token) => tokens.bytes[token] ?? "")));
    else {
      found.push({ size: 1, text: null });
      end += 1;
    }
  }
  return found;
}

/**
 * The parts of whole characters: the characters are drawn once, over them all; each stays a token of its own.
 * @param {string} text
 * @param {HTMLElement[]} parts
 */
export function wholeCharacter(text, parts) {
  const width = [...text].reduce((sum, character) => sum + (character > "\u2e7f" ? 2 : 1), 0);
  for (const part of parts) {
    part.replaceChildren(element("span", "sr", [...part.childNodes]));
    part.style.setProperty("width", `${Math.max(0.7, width / parts.length).toFixed(2)}ch`);
  }
  return element("span", "whole", [...parts, element("span", "glyph", pieceNodes(visiblePieces(text)))]);
}

/** @param {Piece[]} pieces */
export function pieceNodes(pieces) {
  return pieces.map(({ text, mark }) => (mark ? element("i", text === "↵" ? "newline" : "", [text]) : text));
}

/** @param {string[]} names */
function classes(...names) {
  return names.filter(Boolean).join(" ");
}

/** @param {TokenTable} tokens @param {number} token */
function tokenClass(tokens, token) {
  return isBytes(tokens, token) ? "bytes" : tokens.special.includes(token) ? "special" : "";
}

/** @param {TokenTable} tokens @param {number | undefined} token */
function isBytes(tokens, token) {
  return Object.hasOwn(tokens.bytes, String(token));
}

/** @param {TokenTable} tokens @param {number} token */
function titleOf(tokens, token) {
  const kind = isBytes(tokens, token) ? " (a part of a character)" : tokens.special.includes(token) ? " (special)" : "";
  return `token ${tokens.id[token]}${kind}`;
}

/** @param {string} character */
function escaped(character) {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
}
