// @ts-check

/** @type {string[]} What is being waited for. */
const waiting = [];

/**
 * Says at the page's foot what is being waited for, until the function that it returns is called.
 * @param {string} text
 */
export function announce(text) {
  waiting.push(text);
  show();
  return () => {
    waiting.splice(waiting.indexOf(text), 1);
    show();
  };
}

function show() {
  if (typeof document === "undefined") return;
  foot().textContent = waiting.at(-1) ?? "";
}

/** The line at the page's foot, made where the page has none. */
function foot() {
  const found = document.getElementById("said");
  if (found) return found;
  const line = document.createElement("p");
  line.id = "said";
  line.setAttribute("role", "status");
  document.body.append(line);
  return line;
}
