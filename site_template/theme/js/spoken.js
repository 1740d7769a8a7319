// @ts-check

const SOON = 50;

/**
 * Names for listeners what the eye reads from its place, now and whenever the page is drawn anew: tables, lists of
 * windows, the numbers at their ends. A focused token is a button, as Enter does something.
 * @param {Element} root
 */
export function speak(root) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  const later = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => name(root), SOON);
  };
  name(root);
  new MutationObserver(later).observe(root, { childList: true, subtree: true });
  root.addEventListener("focusin", ({ target }) => {
    if (!(target instanceof Element && target.matches(".t"))) return;
    root.querySelector(".t[role]")?.removeAttribute("role");
    target.setAttribute("role", "button");
  });
}

/** @param {Element} root */
function name(root) {
  for (const table of root.querySelectorAll("table:not([aria-label])")) nameTable(table);
  for (const list of root.querySelectorAll(".kwic:not([role])")) {
    list.setAttribute("role", "list");
    list.setAttribute("aria-label", words(list.closest(".panel")?.querySelector("h2 a")));
    for (const line of list.children) line.setAttribute("role", "listitem");
  }
  for (const link of root.querySelectorAll("[data-group] a:has(.bounds):not([aria-label])")) link.setAttribute("aria-label", words(link));
  for (const more of root.querySelectorAll(".more:not([aria-label])")) more.setAttribute("aria-label", `${words(more)}, activation`);
  for (const token of root.querySelectorAll(".t[tabindex]:not([role])")) token.setAttribute("role", "button");
}

/** A table is named by its panel; one of two in a panel by its first heading, which its second column measures. @param {Element} table */
function nameTable(table) {
  const [first, second] = table.querySelectorAll("th");
  const panel = words(table.closest(".panel")?.querySelector("h2 span"));
  const halves = table.closest(".halves");
  table.setAttribute("aria-label", halves ? `${words(first)} tokens` : panel);
  if (halves && second && !second.textContent) {
    const measure = document.createElement("span");
    measure.className = "sr";
    measure.textContent = "logit";
    second.append(measure);
  }
}

/** The texts in an element, with a space between them. @param {Element | null | undefined} element */
function words(element) {
  return [...element?.childNodes ?? []].map((node) => node.textContent?.trim()).filter(Boolean).join(" ");
}
