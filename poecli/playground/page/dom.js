// Elements without HTML strings, of texts that may be anybody's.

// One letter with 100,000 marks on it freezes the layout for seconds; a turned direction lies.
const MARKS = /(\p{M}{16})\p{M}+/gu;
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;

/** @param {string} text */
const safe = (text) => text.replace(MARKS, "$1")
  .replace(TURNS, (mark) => `⟨U+${mark.charCodeAt(0).toString(16).toUpperCase()}⟩`);

/**
 * @param {string} tag and its classes, as in "p.quiet"
 * @param {(Partial<Part> | Child)[]} parts children, and before them the properties to set
 * @returns {Part}
 */
export function h(tag, ...parts) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  element.classList.add(...classes.filter(Boolean));
  if (element instanceof HTMLButtonElement) element.type = "button"; // the only one that sends stands in the page
  if (parts[0]?.constructor === Object) Object.assign(element, parts.shift());
  for (const part of parts) {
    if (typeof part === "string") element.append(safe(part));
    else if (part instanceof Node) element.append(part);
  }
  return element;
}

/** A text as it is, which may scroll: by keyboard too. @param {string} ariaLabel @param {(Node | string)[]} text */
export const pre = (ariaLabel, ...text) => h("pre", { tabIndex: 0, ariaLabel }, ...text);

/**
 * One of two texts: in pieces that are the same in both, or in each its own, which are marked.
 * @param {string[][]} pieces [same] or [before, after] @param {0 | 1} side
 */
export const marked = (pieces, side) => pieces.map((piece) => {
  const [text, other] = [piece[side] ?? piece[0], piece[1 - side] ?? piece[0]];
  return text === other ? text : text && h(side ? "ins" : "del", text);
});

/** @param {string[]} heads one may be empty @param {Node[]} rows */
export const table = (heads, rows) => h("table",
  h("thead", h("tr", ...heads.map((head) => (head ? h("th", { scope: "col" }, head) : h("td"))))),
  h("tbody", ...rows));

/** @param {string} tag @param {Record<string, string | number>} attributes @param {Node[]} children */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** One of the page's own signs; words stand beside it or in the button's label. @param {string} name */
export const icon = (name) => svg("svg", { class: "i", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));

/** Down or up a list, 0 for another key. @param {KeyboardEvent} event */
export const stepOf = (event) => ({ ArrowDown: 1, ArrowUp: -1 })[event.key] ?? 0;

/** @param {string} id @returns {Part} */
export const byId = (id) => /** @type {Part} */ (document.getElementById(id));

/** To a screen reader, without moving it. @param {string} text */
export const say = (text) => { byId("announce").textContent = text; };

/** What JSON says, undefined where it is none. @param {string} text */
export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param {number | null | undefined} ms */
export function seconds(ms) {
  if (ms === null || ms === undefined) return "";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** @param {number} count */
export const grouped = (count) => count.toLocaleString("en");

/** "1 call", "2 calls". @param {number} count @param {string} noun */
export const counted = (count, noun) => `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
