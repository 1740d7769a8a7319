// @ts-check

const KEY = "featviz:theme";
const THEMES = ["auto", "light", "dark"];
/** @type {Record<string, string>} */
const SIGNS = { auto: "◐", light: "☀", dark: "☾" };

/** Sets the theme that was chosen before, and lets the page's button choose another; `auto` follows the system. */
export function followTheme() {
  setTheme(remembered());
  document.getElementById("theme")?.addEventListener("click", nextTheme);
}

/** Chooses the next theme and remembers it, where the browser lets it. */
export function nextTheme() {
  const theme = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % THEMES.length] ?? "auto";
  setTheme(theme);
  try {
    localStorage.setItem(KEY, theme);
  } catch {}
}

/** @param {string} theme */
function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  const button = document.getElementById("theme");
  if (!button) return;
  button.hidden = false;
  button.textContent = SIGNS[theme] ?? "";
  button.title = `theme: ${theme}${theme === "auto" ? ", as the system has it" : ""}`;
  button.setAttribute("aria-label", `theme: ${theme}`);
}

function remembered() {
  try {
    const theme = localStorage.getItem(KEY) ?? "";
    return THEMES.includes(theme) ? theme : "auto";
  } catch {
    return "auto";
  }
}
