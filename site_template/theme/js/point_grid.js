// @ts-check

const CELL = 16;

/**
 * Finds the point nearest to a place without looking at all of them: points by cells of 16 pixels.
 * @param {Float32Array} x
 * @param {Float32Array} y
 * @param {ArrayLike<number>} shown which points there are, by index
 */
export function pointGrid(x, y, shown) {
  const [across, down] = [cellsOf(x, shown), cellsOf(y, shown)];
  /** The cell of a place, or -1. @param {number} px @param {number} py */
  const cellAt = (px, py) => {
    const [column, row] = [Math.floor(px / CELL), Math.floor(py / CELL)];
    return column >= 0 && column < across && row >= 0 && row < down ? row * across + column : -1;
  };
  const cellOf = (/** @type {number} */ point) => cellAt(x[point] ?? NaN, y[point] ?? NaN);
  const starts = new Uint32Array(across * down + 2);
  for (let k = 0; k < shown.length; k += 1) {
    const cell = cellOf(shown[k] ?? 0);
    starts[cell + 2] = (starts[cell + 2] ?? 0) + 1;
  }
  starts[1] = 0; // points without a place
  for (let cell = 2; cell < starts.length; cell += 1) starts[cell] = (starts[cell] ?? 0) + (starts[cell - 1] ?? 0);
  const points = new Uint32Array(starts.at(-1) ?? 0);
  for (let k = 0; k < shown.length; k += 1) {
    const cell = cellOf(shown[k] ?? 0);
    if (cell < 0) continue;
    points[starts[cell + 1] ?? 0] = shown[k] ?? 0;
    starts[cell + 1] = (starts[cell + 1] ?? 0) + 1;
  }
  // Each cell's points now end where the next cell's began.
  const pointsIn = (/** @type {number} */ cell) => (cell < 0 ? [] : points.subarray(starts[cell], starts[cell + 1]));

  /** The nearest point no further away than `reach` (16 at most), or -1. @param {number} px @param {number} py @param {number} reach */
  return (px, py, reach) => {
    let [nearest, least] = [-1, reach ** 2];
    for (const dx of [-CELL, 0, CELL]) for (const dy of [-CELL, 0, CELL]) for (const point of pointsIn(cellAt(px + dx, py + dy))) {
      const distance = ((x[point] ?? NaN) - px) ** 2 + ((y[point] ?? NaN) - py) ** 2;
      if (distance <= least) [nearest, least] = [point, distance];
    }
    return nearest;
  };
}

/** How many cells hold all points of an axis. @param {Float32Array} at @param {ArrayLike<number>} shown */
function cellsOf(at, shown) {
  let most = 0;
  for (let k = 0; k < shown.length; k += 1) if ((at[shown[k] ?? 0] ?? NaN) > most) most = at[shown[k] ?? 0] ?? 0;
  return 1 + Math.floor(most / CELL);
}
