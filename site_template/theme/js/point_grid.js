// @ts-check

const CELL = 16;

/**
 * Finds the point nearest to a place without looking at all of them: points by cells of 16 pixels.
 * @param {Float32Array} x
 * @param {Float32Array} y
 * @param {ArrayLike<number>} shown which points there are, by index
 */
export function pointGrid(x, y, shown) {
  /** @type {Map<number, number[]>} */
  const cells = new Map();
  for (const point of Array.from(shown)) {
    const key = cellAt(x[point] ?? NaN, y[point] ?? NaN);
    const cell = cells.get(key);
    if (cell) cell.push(point);
    else cells.set(key, [point]);
  }
  /** The nearest point no further away than `reach` (16 at most), or -1. @param {number} px @param {number} py @param {number} reach */
  return (px, py, reach) => {
    let [nearest, least] = [-1, reach ** 2];
    for (const dx of [-CELL, 0, CELL]) for (const dy of [-CELL, 0, CELL]) for (const point of cells.get(cellAt(px + dx, py + dy)) ?? []) {
      const distance = ((x[point] ?? NaN) - px) ** 2 + ((y[point] ?? NaN) - py) ** 2;
      if (distance <= least) [nearest, least] = [point, distance];
    }
    return nearest;
  };
}

/** @param {number} x @param {number} y */
function cellAt(x, y) {
  return Math.floor(y / CELL) * 65_536 + Math.floor(x / CELL);
}
