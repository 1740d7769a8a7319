// @ts-check
import { findFeature, findSae } from "./bundle.js";
import { BundleError } from "./bundle_error.js";
import { byId, element } from "./element.js";
import { reachTooltip, returnFromSearch } from "./focus_path.js";
import { correlation } from "./format_number.js";
import { permalink, PLAIN } from "./location.js";
import { openPage } from "./overview_page.js";
import { activationHistogram } from "./panels/activation_histogram.js";
import { groups } from "./panels/groups.js";
import { heading } from "./panels/heading.js";
import { logitTable } from "./panels/logit_table.js";
import { muted, panel } from "./panels/panel.js";
import { tooltip } from "./panels/tooltip.js";
import { facetOf, tokenText } from "./search_later.js";
import { speak } from "./spoken.js";
import { followTokens, offerFirstToken } from "./token_focus.js";
import { overlaps, topWindows } from "./window_overlap.js";

/** @typedef {import("./overview_page.js").Asked} Asked */
/** @typedef {import("./overview_page.js").Find} Find */
/** @typedef {import("./panels/panel.js").Page} Page */

/** @param {Asked} asked */
async function drawComparison({ bundle, manifest, sae, search, find }) {
  const query = new URLSearchParams(search);
  const feature = findFeature(sae, query.get("feature") ?? String(sae.picks[0] ?? 0));
  const record = await bundle.record(sae, feature);
  const own = { manifest, sae, record, look: { ...PLAIN } };
  const names = Object.keys(record.correlated_features);
  const name = query.get("with") ?? names.find((other) => other !== sae.name) ?? sae.name;
  const partner = findSae(manifest, name);
  const correlated = names.includes(name) ? record.correlated_features[name] : null;
  if (!correlated?.feature.length) return alone(own, name, find);
  const chosen = query.get("other");
  const other = chosen === null ? (correlated.feature[0] ?? 0) : findFeature(partner, chosen);
  const page = { manifest, sae: partner, record: await bundle.record(partner, other), look: { ...PLAIN } };
  drawBoth(own, page, correlated, find);
}

/** @param {Page} own @param {Page} other @param {import("./record.js").CorrelatedFeatures} correlated @param {Find} find */
function drawBoth(own, other, correlated, find) {
  const [mine, theirs] = overlaps(own.record, other.record);
  const sides = [side(own, mine, other), side(other, theirs, own)];
  byId("heading").replaceChildren(element("h1", "", [
    `${own.sae.name} / ${own.record.feature} `, element("span", "sae", ["beside"]), ` ${other.sae.name} / ${other.record.feature}`,
  ]));
  byId("body").replaceChildren(between(own, other, correlated, mine, theirs), element("div", "sides", sides));
  markCommon(sides);
  lightMates(sides);
  followSides(sides, [own, other], find);
}

/** What the two have in common, and the other candidates. @param {Page} own @param {Page} other @param {import("./record.js").CorrelatedFeatures} correlated @param {number[][]} mine @param {number[][]} theirs */
function between(own, other, { feature, pearson, cosine }, mine, theirs) {
  const rank = feature.indexOf(other.record.feature);
  const shared = (/** @type {number[][]} */ found) => `${found.filter((mates) => mates.length).length} of ${found.length}`;
  const stat = (/** @type {string} */ name, /** @type {string} */ value) => element("div", "stat", [element("dt", "", [name]), element("dd", "", [value])]);
  const ways = feature.map((number, k) => element("a", "button", [`${other.sae.name} / ${number} · ${correlation(pearson[k] ?? null)}`], {
    href: `compare.html?${new URLSearchParams({ sae: own.sae.name, feature: String(own.record.feature), with: other.sae.name, other: String(number) })}`,
    ...(number === other.record.feature ? { "aria-current": "page" } : {}),
  }));
  return element("section", "panel between heading", [
    element("dl", "", [
      stat("Pearson", rank < 0 ? "not among the strongest" : correlation(pearson[rank] ?? null)),
      stat("cosine", rank < 0 ? "–" : correlation(cosine[rank] ?? null)),
      stat("top windows in common", `${shared(mine)} and ${shared(theirs)}`),
      stat("promoted tokens in common", String(commonPromoted(own, other))),
    ]),
    element("p", "ways", [element("span", "muted", ["strongest"]), ...ways]),
  ]);
}

/** @param {Page} page @param {number[][]} mates @param {Page} other */
function side(page, mates, other) {
  const { sae, record } = page;
  const top = groups(page)[0];
  const lines = [...(top?.node.querySelectorAll(".line") ?? [])].slice(0, topWindows(record));
  lines.forEach((line, k) => {
    const found = mates[k] ?? [];
    if (!found.length) return;
    const text = found.map((mate) => mate + 1).join(", ");
    line.setAttribute("data-line", `${sae.name}:${k}`);
    line.setAttribute("data-mates", found.map((mate) => `${other.sae.name}:${mate}`).join(" "));
    line.prepend(element("span", "mate", [element("span", "sr", ["the same as line "]), text], { title: `the same place as line ${text} of ${other.sae.name} / ${other.record.feature}` }));
  });
  const title = element("h2", "", [element("a", "", [`${sae.name} / ${record.feature}`], { href: permalink(sae.name, record.feature) })]);
  const panels = [top?.node, activationHistogram(page), logitTable(page)];
  for (const panel of panels) panel?.querySelector("h2")?.setAttribute("aria-level", "3");
  return element("section", "side", [element("div", "heading", [title, ...heading(page).slice(1)]), ...panels], { "aria-label": `${sae.name} / ${record.feature}` });
}

/** Shows the tooltips of both sides; a token on a chip is searched in the SAE of its side. @param {HTMLElement[]} sides @param {Page[]} pages @param {Find} find */
function followSides(sides, pages, find) {
  let pointed = pages[0];
  sides.forEach((container, k) => {
    const page = /** @type {Page} */ (pages[k]);
    const changed = () => { pointed = page; };
    followTokens(container, byId("tooltip"), { describe: (flat) => tooltip(page.record, page.manifest, flat), widen: () => undefined, changed });
    offerFirstToken(container);
  });
  document.addEventListener("click", ({ target }) => {
    const chip = /** @type {HTMLElement | null} */ (target instanceof Element ? target.closest("button[data-token]") : null);
    const page = pages.find((_, k) => sides[k]?.contains(chip)) ?? pointed;
    if (chip && page) find(tokenText(page, Number(chip.dataset.token)), facetOf(chip), page.sae);
  });
}

/** A line and those that show the same place light up together. @param {HTMLElement[]} sides */
function lightMates(sides) {
  const lines = sides.flatMap((side) => [...side.querySelectorAll("[data-line]")]);
  const light = (/** @type {Event} */ { target, type }) => {
    for (const line of lines) line.classList.remove("lit");
    const line = target instanceof Element ? target.closest("[data-line]") : null;
    if (!line || type === "pointerleave") return;
    const mates = (line.getAttribute("data-mates") ?? "").split(" ");
    const beside = sides.findIndex((side) => !side.contains(line));
    for (const mate of sides[beside]?.querySelectorAll("[data-line]") ?? []) {
      if (mates.includes(mate.getAttribute("data-line") ?? "")) mate.classList.add("lit");
    }
  };
  for (const side of sides) for (const type of ["pointerover", "focusin", "pointerleave"]) side.addEventListener(type, light);
}

/** Marks the logit tokens that both have, on the same side of their tables. @param {HTMLElement[]} sides */
function markCommon([one, other]) {
  for (const kind of ["positive", "negative"]) {
    const chips = (/** @type {HTMLElement | undefined} */ side) => [...(side?.querySelectorAll(`.logit_table .chip.${kind}`) ?? [])];
    const name = (/** @type {Element} */ chip) => chip.getAttribute("title") ?? "";
    const [mine, theirs] = [chips(one), chips(other)];
    for (const chip of mine) if (theirs.some((their) => name(their) === name(chip))) chip.classList.add("common");
    for (const chip of theirs) if (mine.some((my) => name(my) === name(chip))) chip.classList.add("common");
  }
}

/** @param {Page} own @param {Page} other */
function commonPromoted(own, other) {
  const ids = (/** @type {Page} */ { record }) => (record.logit_table?.positive.token ?? []).map((token) => record.tokens.id[token]);
  const theirs = new Set(ids(other));
  const all = ids(own);
  return `${all.filter((id) => theirs.has(id)).length} of ${all.length}`;
}

/** @param {Page} page @param {string} name @param {Find} find */
function alone(page, name, find) {
  const dead = page.record.firings === 0 ? "It never fired, so nothing goes along with it." : "No correlation with it is in this site.";
  byId("heading").replaceChildren(element("h1", "", [`${page.sae.name} / ${page.record.feature}`]));
  const only = side(page, [], page);
  byId("body").replaceChildren(panel("calm", `No match in ${name}`, null, [muted(dead)]), only);
  followSides([only], [page], find);
}

openPage("Side by side", drawComparison).then(() => {
  speak(byId("body"));
  reachTooltip();
  returnFromSearch();
});
