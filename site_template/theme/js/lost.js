// @ts-check
// A classic script, which knows its own address: the page for wrong addresses stands at any depth below the site's root.
{
  const { currentScript, documentElement, links } = document;
  if (currentScript instanceof HTMLScriptElement && !documentElement.dataset.state) {
    const root = new URL("../", currentScript.src);
    for (const link of links) if (link instanceof HTMLAnchorElement) link.href = new URL(link.pathname.slice(1), root).href;
    const named = /[?&](sae|feature)=/.test(location.search);
    for (const link of named ? document.querySelectorAll("a[href$='feature.html']") : []) {
      if (link instanceof HTMLAnchorElement) link.search = location.search;
      link.textContent = "The dashboard that this address seems to mean";
    }
    documentElement.dataset.state = "ready";
  }
}
