// @ts-check

const SPECIAL = /[",\r\n]/;
const FORMULA = /^[=+\-@\t\r]/;

/**
 * Rows as a CSV file (RFC 4180) in UTF-8 with the mark that makes spreadsheets see it. A text that a spreadsheet would
 * compute gets an apostrophe before it; numbers stay as they are, and what is missing is empty.
 * @param {string[]} headings
 * @param {Iterable<(string | number | null)[]>} rows
 */
export function csv(headings, rows) {
  const lines = [headings, ...rows].map((cells) => cells.map(cell).join(","));
  return `\ufeff${lines.join("\r\n")}\r\n`;
}

/** @param {string | number | null} value */
function cell(value) {
  if (value === null || (typeof value === "number" && !Number.isFinite(value))) return "";
  if (typeof value === "number") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return SPECIAL.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
