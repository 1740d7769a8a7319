// @ts-check

/** @typedef {import("./record.js").FeatureRecord} FeatureRecord */

/**
 * Which top windows of two features show the same place: the same sequence and at least one position in common.
 * Each window's overlapping windows of the other, by number.
 * @param {FeatureRecord} one
 * @param {FeatureRecord} other
 * @returns {[of_one: number[][], of_other: number[][]]}
 */
export function overlaps(one, other) {
  const [mine, theirs] = [topSpans(one), topSpans(other)];
  const found = (/** @type {Span[]} */ from, /** @type {Span[]} */ to) =>
    from.map((span) => to.flatMap((candidate, k) => (meet(span, candidate) ? [k] : [])));
  return [found(mine, theirs), found(theirs, mine)];
}

/** How many of the group that comes first, the top one, there are. @param {FeatureRecord} record */
export function topWindows({ groups }) {
  return groups[0]?.kind === "top" ? groups[0].windows : 0;
}

/** @typedef {{ seq: number, from: number, to: number }} Span */

/** @param {FeatureRecord} record @returns {Span[]} */
function topSpans(record) {
  const { seq, start, length } = record.windows;
  return Array.from({ length: topWindows(record) }, (_, k) => ({ seq: seq[k] ?? -1, from: start[k] ?? 0, to: (start[k] ?? 0) + (length[k] ?? 0) }));
}

/** @param {Span} a @param {Span} b */
function meet(a, b) {
  return a.seq === b.seq && a.from < b.to && b.from < a.to;
}
