// Elements without HTML strings, of texts that may be anybody's.

// One letter with 100,000 marks on it freezes the layout for seconds; a turned direction lies.
const MARKS = /(\p{M}{16})\p{M}+/gu;
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;

/** @param {string} text */
const shown = (text) => text.replace(MARKS, "$1")
  .replace(TURNS, (mark) => `⟨U+${mark.charCodeAt(0).toString(16).toUpperCase()}⟩`);

/**
 * @param {string} tag
 * @param {Record<string, any>} [properties] set on the element; `class` and names with - as attributes
 * @param {(Node | string | null | undefined | false)[]} children
 * @returns {any}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class" || name.includes("-") || name === "role") element.setAttribute(name, value);
    else Reflect.set(element, name, value);
  }
  element.append(...children.filter((child) => child || child === "").map((child) => (typeof child === "string" ? shown(child) : /** @type {any} */ (child))));
  return element;
}

/** @param {string} tag @param {Record<string, string | number>} attributes @param {Node[]} children */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** One of the page's own signs; words stand beside it or in the button's label. @param {string} name */
export const icon = (name) => svg("svg", { class: "i", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/** @param {number | null | undefined} ms */
export function seconds(ms) {
  if (ms === null || ms === undefined) return "";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** @param {number} count */
export const grouped = (count) => count.toLocaleString("en");
