// @ts-check
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
 * A token that stands alone, in a table or the tooltip.
 * @param {TokenTable} tokens
 * @param {number} token
 * @param {string} [className]
 */
export function tokenChip(tokens, token, className = "") {
  const text = tokens.text[token] ?? "";
  const pieces = isBytes(tokens, token) ? [{ text, mark: false }] : quotedPieces(text);
  const name = classes("chip", className, tokenClass(tokens, token));
  return element("span", name, pieceNodes(pieces), { title: titleOf(tokens, token) });
}

/**
 * Makes the tokens of running text: `.t` elements, spaces as they are.
 * @param {TokenTable} tokens
 */
export function runningToken(tokens) {
  /** @type {Map<number, HTMLElement>} */
  const made = new Map();
  /** @param {number} token */
  const make = (token) => {
    const text = tokens.text[token] ?? "";
    const spaces = /^ +$/.test(text) ? "blank" : /^ /.test(text) ? "lead" : "";
    const pieces = isBytes(tokens, token) ? [{ text, mark: false }] : visiblePieces(text);
    return element("span", classes("t", tokenClass(tokens, token), spaces), pieceNodes(pieces));
  };
  /** @param {number} token */
  return (token) => {
    const node = made.get(token) ?? make(token);
    made.set(token, node);
    return /** @type {HTMLElement} */ (node.cloneNode(true));
  };
}

/** @param {Piece[]} pieces */
function pieceNodes(pieces) {
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

/** @param {TokenTable} tokens @param {number} token */
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
