// @ts-check

/** @typedef {{ width: number, height: number, scale: number, side: number }} Grain pixels of a picture, how many of them are one of the page's, and those along a point's side */

/** How many points over each other are told apart. */
const MOST = 255;

/**
 * How many points cover each pixel, those of which `counts` is true and the others.
 * @param {{ x: Float32Array, y: Float32Array }} at in the page's pixels; NaN: nowhere
 * @param {Uint8Array} counts
 * @param {Grain} grain
 */
export function pointCover(at, counts, { width, height, scale, side }) {
  const [over, under] = [new Uint8Array(width * height), new Uint8Array(width * height)];
  for (let point = 0; point < counts.length; point += 1) {
    const left = Math.round((at.x[point] ?? NaN) * scale - side / 2);
    const top = Math.round((at.y[point] ?? NaN) * scale - side / 2);
    if (!(left >= 0 && top >= 0 && left + side <= width && top + side <= height)) continue;
    const cover = counts[point] ? over : under;
    for (let row = top; row < top + side; row += 1) {
      for (let pixel = row * width + left, end = pixel + side; pixel < end; pixel += 1) {
        const before = cover[pixel] ?? 0;
        if (before < MOST) cover[pixel] = before + 1;
      }
    }
  }
  return { over, under };
}

/**
 * The colours of all pixels: `above` with its opacity for each point there, over `below` where there is any other.
 * @param {Uint8ClampedArray} pixels red, green, blue and opacity of each, which are set
 * @param {ReturnType<typeof pointCover>} cover
 * @param {{ above: ArrayLike<number>, below: ArrayLike<number>, opacity: number }} colours
 */
export function colourPixels(pixels, { over, under }, { above, below, opacity }) {
  const opacities = Float64Array.from({ length: MOST + 1 }, (_, points) => 1 - (1 - opacity) ** points);
  for (let pixel = 0, to = 0; pixel < over.length; pixel += 1, to += 4) {
    const front = opacities[over[pixel] ?? 0] ?? 0;
    const back = under[pixel] ? 1 - front : 0;
    if (!front && !back) continue;
    for (let channel = 0; channel < 3; channel += 1) pixels[to + channel] = ((above[channel] ?? 0) * front + (below[channel] ?? 0) * back) / (front + back);
    pixels[to + 3] = 255 * (front + back);
  }
}
