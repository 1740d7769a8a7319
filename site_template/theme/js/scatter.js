// @ts-check
import { element } from "./element.js";
import { percent } from "./format_number.js";
import { colourPixels, pointCover } from "./point_cover.js";
import { pointGrid } from "./point_grid.js";
import { place, scaleTicks, valueAt } from "./scatter_scale.js";

/** @typedef {import("./feature_filter.js").Range} Range */
/** @typedef {import("./scatter_scale.js").Scale} Scale */
/** @typedef {{ x: Float64Array, y: Float64Array, xScale: Scale, yScale: Scale }} Points in data units; NaN: not drawn */
/**
 * @typedef {object} ScatterActions
 * @property {(point: number) => void} open
 * @property {(point: number) => Node[]} describe
 * @property {(x: Range, y: Range) => void} brush
 */

const EDGE = { left: 46, right: 12, top: 8, bottom: 22 };
const REACH = 9;
const DRAG = 5;
const FEW = 6000;

/**
 * Draws all points, once, on a layer of its own; what is pointed at and the brushed rectangle lie over it.
 * @param {HTMLElement} container
 * @param {Points} points
 * @param {ScatterActions} actions
 */
export function scatter(container, points, actions) {
  const label = "Every feature as a point: density across, largest activation up. The table below holds the same features.";
  const layer = element("canvas", "layer", [], { role: "img", "aria-label": label });
  const [ring, band, tip, axes] = ["ring", "band", "tip", "axes"].map((name) => element("div", name, [], { "aria-hidden": "true" }));
  if (!ring || !band || !tip || !axes) return null;
  for (const node of [ring, band, tip]) node.hidden = true;
  container.replaceChildren(axes, layer, band, ring, tip);

  const at = { x: new Float32Array(points.x.length), y: new Float32Array(points.y.length) };
  let places = { x: placesOf(points.x, points.xScale), y: placesOf(points.y, points.yScale) };
  /** @type {{ shown: Uint32Array, x: Range, y: Range }} */
  const state = { shown: new Uint32Array(), x: [null, null], y: [null, null] };
  /** @type {ReturnType<typeof pointGrid> | null} made when it is first asked */
  let grid = null;
  const size = { width: 0, height: 0 };

  const layOut = () => {
    size.width = container.clientWidth - EDGE.left - EDGE.right;
    size.height = container.clientHeight - EDGE.top - EDGE.bottom;
    for (let k = 0; k < at.x.length; k += 1) {
      at.x[k] = EDGE.left + size.width * (places.x[k] ?? NaN);
      at.y[k] = EDGE.top + size.height * (1 - (places.y[k] ?? NaN));
    }
    drawAxes();
    draw();
  };

  const draw = () => {
    if (!size.width) return; // not laid out yet
    grid = null;
    paint(layer, container, at, state.shown);
    drawBand();
  };

  /** @param {number} x @param {number} y @param {number} reach */
  const nearest = (x, y, reach) => (grid ??= pointGrid(at.x, at.y, state.shown))(x, y, reach);

  const drawAxes = () => {
    const across = scaleTicks(points.xScale, Math.max(3, Math.floor(size.width / 90)));
    const up = scaleTicks(points.yScale, Math.max(3, Math.floor(size.height / 44)));
    axes.replaceChildren(
      ...across.map(({ value }) => tick("x", shortPercent(value), "left", EDGE.left + size.width * place(points.xScale, value))),
      ...up.map(({ value, label }) => tick("y", label, "top", EDGE.top + size.height * (1 - place(points.yScale, value)))),
    );
  };

  const drawBand = () => {
    band.hidden = [...state.x, ...state.y].every((end) => end === null);
    const ends = (/** @type {Range} */ [low, high], /** @type {Scale} */ scale) =>
      [low === null ? 0 : place(scale, low), high === null ? 1 : place(scale, high)].map((end) => Math.max(0, Math.min(1, end)));
    const [left = 0, right = 1] = ends(state.x, points.xScale);
    const [bottom = 0, top = 1] = ends(state.y, points.yScale);
    setBox(band, EDGE.left + left * size.width, EDGE.top + (1 - top) * size.height, (right - left) * size.width, (top - bottom) * size.height);
  };

  /** Shows which point it is. @param {number | null} point @param {boolean} told whether it is named too */
  const mark = (point, told = false) => {
    const drawn = point !== null && point >= 0 && Number.isFinite(at.x[point]) && Number.isFinite(at.y[point]);
    ring.hidden = !drawn;
    tip.hidden = !drawn || !told;
    if (!drawn) return;
    const [x = 0, y = 0] = [at.x[point], at.y[point]];
    ring.style.setProperty("transform", `translate(${x}px, ${y}px)`);
    if (!told) return;
    tip.replaceChildren(...actions.describe(point));
    const left = x + 14 + tip.offsetWidth > container.clientWidth ? Math.max(0, x - 14 - tip.offsetWidth) : x + 14;
    const top = Math.max(0, Math.min(y - 12, container.clientHeight - tip.offsetHeight));
    tip.style.setProperty("transform", `translate(${Math.round(left)}px, ${Math.round(top)}px)`);
  };

  /** The point that is named now, for which a finger's second tap opens it. */
  let named = -1;
  const brush = brushButton(layer);
  container.parentElement?.querySelector(".note")?.after(brush);

  followPointer(layer, container, {
    move: (x, y) => {
      const point = nearest(x, y, REACH);
      layer.classList.toggle("hit", point >= 0);
      mark(point, true);
    },
    leave: () => mark(null),
    click: (x, y, touch) => {
      const point = nearest(x, y, touch ? 2 * REACH : REACH);
      if (point >= 0 && (!touch || point === named)) return actions.open(point);
      named = point;
      mark(point, true);
    },
    drag: (from, to) => setBox(band, Math.min(from.x, to.x), Math.min(from.y, to.y), Math.abs(to.x - from.x), Math.abs(to.y - from.y)),
    drop: (from, to) => {
      const across = [from.x, to.x].map((x) => round(valueAt(points.xScale, clamp((x - EDGE.left) / size.width)))).sort((a, b) => a - b);
      const up = [from.y, to.y].map((y) => round(valueAt(points.yScale, clamp(1 - (y - EDGE.top) / size.height)))).sort((a, b) => a - b);
      actions.brush([across[0] ?? null, across[1] ?? null], [up[0] ?? null, up[1] ?? null]);
    },
  });
  new ResizeObserver(layOut).observe(container);
  const again = () => draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });

  return {
    mark,
    /** Draws other points, as many as before, of which these are shown. @param {Points} others @param {Uint32Array} shown */
    replace(others, shown) {
      points = others;
      places = { x: placesOf(points.x, points.xScale), y: placesOf(points.y, points.yScale) };
      state.shown = shown;
      layOut();
    },
    /** @param {Uint32Array} shown @param {Range} x @param {Range} y */
    show(shown, x, y) {
      const same = shown === state.shown;
      Object.assign(state, { shown, x, y });
      mark(null);
      if (same) drawBand();
      else draw();
    },
  };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLElement} container
 * @param {{ x: Float32Array, y: Float32Array }} at
 * @param {Uint32Array} shown
 */
function paint(canvas, container, at, shown) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context || !container.clientWidth) return;
  const ratio = Math.min(2, devicePixelRatio || 1);
  canvas.width = Math.round(container.clientWidth * ratio);
  canvas.height = Math.round(container.clientHeight * ratio);
  const style = getComputedStyle(container);
  const passes = new Uint8Array(at.x.length);
  for (let k = 0; k < shown.length; k += 1) passes[shown[k] ?? 0] = 1;
  const crowd = at.x.length * Math.max(1, 1200 / container.clientWidth);
  const side = Math.round(ratio * (crowd <= FEW ? 4.4 : crowd <= 4 * FEW ? 3 : 2.2));
  const opacity = crowd <= FEW ? 0.62 : shown.length <= 32 * FEW ? 0.48 : 0.12;
  const colour = (/** @type {string} */ text) => {
    context.fillStyle = text;
    context.fillRect(0, 0, 1, 1);
    return context.getImageData(0, 0, 1, 1).data;
  };
  const colours = { above: colour(`rgb(${style.getPropertyValue("--act")})`), below: colour(style.getPropertyValue("--line")), opacity };
  const picture = context.createImageData(canvas.width, canvas.height);
  colourPixels(picture.data, pointCover(at, passes, { width: canvas.width, height: canvas.height, scale: ratio, side }), colours);
  context.putImageData(picture, 0, 0);
}

/** Where values lie on a scale, from 0 to 1. @param {Float64Array} values @param {Scale} scale */
function placesOf(values, scale) {
  const places = new Float32Array(values.length);
  for (let k = 0; k < places.length; k += 1) places[k] = place(scale, values[k] ?? NaN);
  return places;
}

/**
 * @typedef {{ x: number, y: number }} Spot
 * @typedef {object} PointerActions
 * @property {(x: number, y: number) => void} move
 * @property {() => void} leave
 * @property {(x: number, y: number, touch: boolean) => void} click
 * @property {(from: Spot, to: Spot) => void} drag
 * @property {(from: Spot, to: Spot) => void} drop
 */

/** A button that lets a finger draw a rectangle, where it scrolls the page otherwise. @param {HTMLElement} layer */
function brushButton(layer) {
  const button = element("button", "quiet brush", ["draw a box"], { type: "button", "aria-pressed": "false", title: "filter with a finger" });
  button.addEventListener("click", () => button.setAttribute("aria-pressed", String(layer.classList.toggle("brushing"))));
  return button;
}

/** Tells hovering, clicks and drags apart; a finger scrolls and taps, and drags where the layer is for brushing. @param {HTMLCanvasElement} canvas @param {HTMLElement} container @param {PointerActions} actions */
function followPointer(canvas, container, actions) {
  /** @type {Spot | null} */
  let from = null;
  let dragging = false;
  const spot = (/** @type {PointerEvent} */ event) => {
    const box = container.getBoundingClientRect();
    return { x: event.clientX - box.left - container.clientLeft, y: event.clientY - box.top - container.clientTop };
  };
  const scrolls = (/** @type {PointerEvent} */ { pointerType }) => pointerType === "touch" && !canvas.classList.contains("brushing");
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    from = spot(event);
    dragging = false;
    if (!scrolls(event)) canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const to = spot(event);
    if (scrolls(event)) return;
    if (!from) return actions.move(to.x, to.y);
    dragging ||= Math.hypot(to.x - from.x, to.y - from.y) > DRAG;
    if (!dragging) return;
    const band = container.querySelector(".band");
    if (band instanceof HTMLElement) band.hidden = false;
    actions.leave();
    actions.drag(from, to);
  });
  canvas.addEventListener("pointerup", (event) => {
    const to = spot(event);
    if (from && dragging) actions.drop(from, to);
    else if (from) actions.click(to.x, to.y, event.pointerType === "touch");
    from = null;
  });
  canvas.addEventListener("pointercancel", () => { from = null; });
  canvas.addEventListener("pointerleave", (event) => { if (!from && event.pointerType !== "touch") actions.leave(); });
}

/** @param {HTMLElement} node @param {number} left @param {number} top @param {number} width @param {number} height */
function setBox(node, left, top, width, height) {
  const box = { left, top, width, height };
  for (const [name, value] of Object.entries(box)) node.style.setProperty(name, `${value}px`);
}

/** @param {"x" | "y"} axis @param {string} text @param {"left" | "top"} side @param {number} at */
function tick(axis, text, side, at) {
  const node = element("span", `tick ${axis}`, [text]);
  node.style.setProperty(side, `${at}px`);
  return node;
}

/** A round share without zeros at its end. @param {number} value */
function shortPercent(value) {
  return percent(value).replace(/(\.\d*?)0+ %$/, "$1 %").replace(". %", " %");
}

/** @param {number} value */
function round(value) {
  return Number(value.toPrecision(3));
}

/** @param {number} value */
function clamp(value) {
  return Math.max(0, Math.min(1, value));
}
