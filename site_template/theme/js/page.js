// @ts-check
import { followTheme } from "./theme.js";

followTheme();

// What scrolls sideways can be scrolled by key.
for (const box of document.querySelectorAll(".page :is(pre, table, .specimen)")) {
  if (box instanceof HTMLElement && box.scrollWidth > box.clientWidth) box.tabIndex = 0;
}
