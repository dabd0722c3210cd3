// Elements without HTML strings, of texts that may be anybody's.

// One letter with 100,000 marks on it freezes the layout for seconds; a turned direction lies.
const MARKS = /(\p{M}{16})\p{M}+/gu;
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;

/** @param {string} text */
const safe = (text) => text.replace(MARKS, "$1")
  .replace(TURNS, (mark) => `⟨U+${mark.charCodeAt(0).toString(16).toUpperCase()}⟩`);

/**
 * @param {string} tag and its classes, as in "p.quiet"
 * @param {Record<string, any>} [properties] set on the element; `class` and names with - as attributes
 * @param {(Node | string | null | undefined | false)[]} children
 * @returns {any}
 */
export function h(tag, properties = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  if (element instanceof HTMLButtonElement) element.type = "button"; // the only one that sends stands in the page
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class" || key.includes("-") || key === "role") element.setAttribute(key, value);
    else Reflect.set(element, key, value);
  }
  const shown = children.filter((child) => child || child === "");
  element.append(...shown.map((child) => (typeof child === "string" ? safe(child) : /** @type {Node} */ (child))));
  return element;
}

/** @param {string[]} heads one may be empty @param {Node[]} rows */
export const table = (heads, rows) => h("table", {},
  h("thead", {}, h("tr", {}, ...heads.map((head) => (head ? h("th", { scope: "col" }, head) : h("td"))))),
  h("tbody", {}, ...rows));

/** @param {string} tag @param {Record<string, string | number>} attributes @param {Node[]} children */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** One of the page's own signs; words stand beside it or in the button's label. @param {string} name */
export const icon = (name) => svg("svg", { class: "i", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));

/**
 * Choose an option of a list box, for the input that has the focus: https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
 * @param {Element} input @param {Element} list @param {number} at
 */
export function chooseOption(input, list, at) {
  for (const [each, option] of [...list.children].entries()) option.ariaSelected = String(each === at);
  const option = list.children[at];
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

/** Down or up a list, 0 for another key. @param {KeyboardEvent} event */
export const stepOf = (event) => ({ ArrowDown: 1, ArrowUp: -1 })[event.key] ?? 0;

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/** To a screen reader, without moving it. @param {string} text */
export const say = (text) => { byId("announce").textContent = text; };

/** @param {number | null | undefined} ms */
export function seconds(ms) {
  if (ms === null || ms === undefined) return "";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** @param {number} count */
export const grouped = (count) => count.toLocaleString("en");
