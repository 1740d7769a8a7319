// @ts-check
import { element } from "./element.js";

/** @typedef {import("./element.js").Child} Child */
/** @typedef {import("./feature_order.js").Order} Order */
/**
 * A column: its heading, its class, and what it shows of an item.
 * @typedef {object} TableColumn
 * @property {string} name
 * @property {string} heading
 * @property {string} className
 * @property {(item: number) => Child} cell
 */
/**
 * @typedef {object} TableActions
 * @property {(item: number, cell: HTMLElement) => void} open Enter on a cell without a link
 * @property {(column: string) => void} sort
 * @property {(item: number | null) => void} point the item that is pointed at or gone to
 */

const ROW = 28;
const TALLEST = 12_000_000;
const BEYOND = 6;
/** @type {Record<string, [least: number, share: number]>} how wide a column is at least, and its share of what is left */
const WIDTHS = { feature: [104, 0], "star-cell": [30, 0], label: [110, 1.6], number: [76, 0], token: [120, 1], "kind-cell": [132, 0] };
const GAP = 14;

/**
 * A grid of any number of rows of which only those in sight are elements. The grid itself has the focus; arrow keys
 * move the active cell, Enter opens it.
 * @param {HTMLElement} container
 * @param {string} label
 * @param {TableColumn[]} columns
 * @param {TableActions} actions
 */
export function virtualTable(container, label, columns, actions) {
  const body = element("div", "rows", [], { role: "rowgroup" });
  const heads = columns.map((column) => heading(column, actions.sort));
  const head = element("div", "head row", heads, { role: "row", "aria-rowindex": "1" });
  const grid = element("div", "grid", [element("div", "", [head], { role: "rowgroup" }), body], {
    role: "grid", tabindex: "0", "aria-label": label, "aria-colcount": String(columns.length),
  });
  const widths = columns.map(({ className }) => WIDTHS[className] ?? [100, 1]);
  grid.style.setProperty("--tracks", widths.map(([least = 0, share]) => (share ? `minmax(${least}px, ${share}fr)` : `${least}px`)).join(" "));
  grid.style.setProperty("--width", `${widths.reduce((sum, [least = 0]) => sum + least + GAP, GAP)}px`);
  container.replaceChildren(grid);
  /** @type {Uint32Array} */
  let items = new Uint32Array();
  /** @type {Map<number, HTMLElement>} the rows that are elements, by index */
  const rows = new Map();
  const active = { row: 0, column: 0 };
  let waiting = false;

  const view = () => grid.clientHeight - head.offsetHeight;
  const range = () => rowsInSight(grid.scrollTop, view(), items.length);

  /** @param {number} index */
  const makeRow = (index) => {
    const item = items[index] ?? 0;
    const cells = columns.map(({ className, cell }, column) =>
      element("div", `cell ${className}`, [cell(item)], { role: "gridcell", id: `cell-${index}-${column}` }));
    for (const link of cells.flatMap((cell) => [...cell.querySelectorAll("a, button")])) link.setAttribute("tabindex", "-1");
    const row = element("div", "row", cells, { role: "row", "aria-rowindex": String(index + 2) });
    row.dataset.index = String(index);
    return row;
  };

  const draw = () => {
    waiting = false;
    const { first, last, top } = range();
    for (const [index, row] of rows) if (index < first || index >= last) {
      row.remove();
      rows.delete(index);
    }
    for (let index = first; index < last; index += 1) {
      const row = rows.get(index) ?? makeRow(index);
      row.style.setProperty("transform", `translateY(${top + (index - first) * ROW}px)`);
      if (!rows.has(index)) body.append(row);
      rows.set(index, row);
    }
    mark();
  };

  const mark = () => {
    for (const node of body.querySelectorAll(".active, .at")) node.classList.remove("active", "at");
    const row = rows.get(active.row);
    const cell = row?.children[active.column];
    row?.classList.add("active");
    cell?.classList.add("at");
    if (cell) grid.setAttribute("aria-activedescendant", cell.id);
    else grid.removeAttribute("aria-activedescendant");
  };

  /** @param {number} row @param {number} [column] */
  const goTo = (row, column = active.column) => {
    active.row = Math.max(0, Math.min(items.length - 1, row));
    active.column = Math.max(0, Math.min(columns.length - 1, column));
    grid.scrollTop = scrollTo(active.row, grid.scrollTop, view(), items.length);
    draw();
    rows.get(active.row)?.children[active.column]?.scrollIntoView({ block: "nearest", inline: "nearest" });
    actions.point(items[active.row] ?? null);
  };

  const page = () => Math.max(1, Math.floor(view() / ROW) - 1);
  /** @type {Record<string, () => void>} */
  const moves = {
    ArrowDown: () => goTo(active.row + 1),
    ArrowUp: () => goTo(active.row - 1),
    PageDown: () => goTo(active.row + page()),
    PageUp: () => goTo(active.row - page()),
    ArrowRight: () => goTo(active.row, active.column + 1),
    ArrowLeft: () => goTo(active.row, active.column - 1),
    Home: () => goTo(0),
    End: () => goTo(items.length - 1),
    Enter: () => {
      const cell = rows.get(active.row)?.children[active.column];
      if (!(cell instanceof HTMLElement)) return;
      const link = cell.querySelector("a, button");
      if (link instanceof HTMLElement) link.click();
      else actions.open(items[active.row] ?? 0, cell);
    },
  };
  grid.addEventListener("keydown", (event) => {
    if (event.target !== grid || event.ctrlKey || event.metaKey || event.altKey || !items.length) return;
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  });
  grid.addEventListener("focus", () => { if (items.length) actions.point(items[active.row] ?? null); });
  grid.addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(draw);
  }, { passive: true });
  body.addEventListener("pointerover", ({ target }) => actions.point(itemAt(target)));
  body.addEventListener("pointerleave", () => actions.point(null));
  body.addEventListener("click", ({ target }) => {
    const row = rowOf(target);
    const cell = target instanceof Element ? target.closest(".cell") : null;
    if (!row?.dataset.index || !cell) return;
    active.row = Number(row.dataset.index);
    active.column = [...row.children].indexOf(cell);
    mark();
  });
  body.addEventListener("dblclick", ({ target }) => {
    const item = itemAt(target);
    const cell = target instanceof Element ? target.closest(".cell") : null;
    if (item !== null && cell instanceof HTMLElement && !cell.querySelector("a, button")) actions.open(item, cell);
  });
  new ResizeObserver(draw).observe(grid);

  /** @param {EventTarget | null} target */
  const itemAt = (target) => {
    const index = rowOf(target)?.dataset.index;
    return index === undefined ? null : (items[Number(index)] ?? null);
  };

  return {
    grid,
    /** @param {Uint32Array} shown @param {Order} order */
    show(shown, order) {
      items = shown;
      rows.clear();
      body.replaceChildren(...(items.length ? [] : [nothing()]));
      body.style.setProperty("height", `${Math.min(TALLEST, Math.max(2, items.length) * ROW)}px`);
      grid.setAttribute("aria-rowcount", String(items.length + 1));
      Object.assign(active, { row: 0, column: 0 });
      grid.scrollTop = 0;
      columns.forEach(({ name }, k) => heads[k]?.setAttribute("aria-sort", name !== order.column ? "none" : order.descending ? "descending" : "ascending"));
      draw();
    },
    /** Draws the rows anew, where what they show has changed. */
    refresh() {
      for (const row of rows.values()) row.remove();
      rows.clear();
      draw();
    },
  };
}

/**
 * The rows in sight and a few beyond, and where the first of them stands. A scroll bar longer than browsers can draw
 * is made shorter: it then moves by more than it shows.
 * @param {number} scroll
 * @param {number} view
 * @param {number} size
 */
export function rowsInSight(scroll, view, size) {
  const shift = shiftAt(scroll, view, size);
  const first = Math.max(0, Math.floor((scroll + shift) / ROW) - BEYOND);
  const last = Math.min(size, Math.ceil((scroll + shift + view) / ROW) + BEYOND);
  return { first: Math.min(first, last), last, top: first * ROW - shift };
}

/** How far the rows are shifted up for the scroll bar's sake. @param {number} scroll @param {number} view @param {number} size */
function shiftAt(scroll, view, size) {
  const excess = size * ROW - TALLEST;
  return excess > 0 ? Math.round((excess * Math.min(1, scroll / Math.max(1, TALLEST - view)))) : 0;
}

/** Where to scroll so that a row is in sight. @param {number} row @param {number} scroll @param {number} view @param {number} size */
export function scrollTo(row, scroll, view, size) {
  const squeeze = Math.max(1, (size * ROW - view) / Math.max(1, TALLEST - view));
  const at = scroll + shiftAt(scroll, view, size);
  if (row * ROW < at) return (row * ROW) / squeeze;
  return (row + 1) * ROW > at + view ? ((row + 1) * ROW - view) / squeeze : scroll;
}

/** @param {TableColumn} column @param {(name: string) => void} sort */
function heading({ name, heading, className }, sort) {
  const button = element("button", "", [heading], { type: "button", title: `sort by ${heading}` });
  if (name === "starred") button.setAttribute("aria-label", name);
  button.addEventListener("click", () => sort(name));
  return element("div", `cell ${className}`, [button], { role: "columnheader", "aria-sort": "none" });
}

function nothing() {
  return element("div", "row none", [element("div", "cell muted", ["Nothing passes the filter."], { role: "gridcell" })], { role: "row" });
}

/** @param {EventTarget | null} target @returns {HTMLElement | null} */
function rowOf(target) {
  return target instanceof Element ? target.closest(".rows .row") : null;
}
