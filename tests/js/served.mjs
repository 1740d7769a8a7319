/** Stands in for a host: answers from a map of paths, and keeps a list of what was asked. */

export const BASE = new URL("https://example.test/repo/");

/** @param {Record<string, BodyInit | { status: number, body?: BodyInit }>} files */
export function serve(files) {
  const asked = [];
  const request = async (url, { signal }) => {
    const path = url.href.slice(BASE.href.length);
    asked.push(path);
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
    const file = files[path] ?? { status: 404, body: "<h1>Not found</h1>" };
    return file.status ? new Response(file.body, { status: file.status }) : new Response(file);
  };
  return { request, asked };
}

export function manifest(changes = {}) {
  const sae = (name) => ({ name, d_sae: 600 * 16, chunk_size: 16, picks: [3], neuron_basis: true, read_hook: "h" });
  return JSON.stringify({ format: { name: "featviz", version: 1 }, release: "r", saes: [sae("A"), sae("B")], ...changes });
}

export function chunk(first, changes = {}) {
  const tokens = { id: [7, 8], text: ["a", "b"], bytes: {}, special: [] };
  const features = Array.from({ length: 16 }, (_, k) => record(first + k));
  return JSON.stringify({ format: 1, sae: "A", first, tokens, features, ...changes });
}

export function record(feature) {
  const windows = {
    seq: [4, 5], pos: [1, 9], start: [0, 9], length: [3, 1], count: [1, 2],
    tokens: [0, 1, 0, 1],
    activation: { at: [1, 2], scale: 0.001, value: [1000, 500] },
    uncounted: [0],
    loss_effect: { at: [2], scale: 0.01, value: [-30] },
    effect: { scale: 0.1, token: [0, 1], value: [5, -2] },
  };
  const groups = [{ kind: "top", windows: 1, population: 2 }, { kind: "bottom", windows: 1, population: 10 }];
  return { feature, firings: 2, max: 1, groups, windows };
}
