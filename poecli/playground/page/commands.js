// What can be done on the page: all of it by the palette, much of it by a key of its own.

import { byId, h } from "./dom.js";
import { Options } from "./lists.js";

/**
 * @typedef {object} Command
 * @property {string} label what it does, the verb first
 * @property {string} [keys] the key that does it outside of text fields
 * @property {string} [cli] what does the same in a terminal
 * @property {() => unknown} [can] whether there is anything to do now
 * @property {() => unknown} run
 */

/** @type {Command[]} */
const commands = [];
/** @type {(() => Command[])[]} */
const changing = [];
const KEPT = "poe.single-keys";
const MOST_SHOWN = 40;

/** @param {Command} command */
export const register = (command) => void commands.push(command);

/** Commands that come and go, like a turn to show: asked for each time the palette looks. */
export const registerMany = (/** @type {() => Command[]} */ make) => void changing.push(make);

const isPossible = (/** @type {Command} */ { can = () => true }) => can();

// --- keys ---

const single = { on: localStorage.getItem(KEPT) !== "off" };

/** @param {boolean} on */
function turnSingleKeys(on) {
  single.on = on;
  localStorage.setItem(KEPT, on ? "on" : "off");
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  const types = /** @type {Element} */ (event.target).matches("input, textarea, select");
  if (types || event.ctrlKey || event.metaKey || event.altKey || !single.on || isDialogOpen()) return;
  const found = commands.find((each) => each.keys === event.key.toLowerCase() && isPossible(each));
  if (!found) return;
  event.preventDefault();
  found.run();
});

/** Whether a dialog takes the keys. */
export const isDialogOpen = () => Boolean(document.querySelector("dialog[open]"));

const keyOf = (/** @type {Command} */ { keys }) => keys && h("kbd", keys.toUpperCase());

function openKeys() {
  const rows = commands.filter((each) => each.keys)
    .map((each) => h("div.command", h("dt", keyOf(each)), h("dd", each.label)));
  for (const old of document.querySelectorAll("#key-list .command")) old.remove();
  byId("key-list").append(...rows);
  byId("keys").showModal();
}

// --- the palette: a combobox over a list box ---

const input = byId("palette-input");
const options = new Options(input, byId("palette-list"),
  (each) => [h("span", each.label), h("span.quiet", each.cli && h("code", each.cli), keyOf(each))],
  (each) => { byId("palette").close(); each.run(); });

/** @param {string} [words] to look for at once */
export function openPalette(words = "") {
  if (isDialogOpen()) return;
  input.value = words;
  look();
  byId("palette").showModal();
}

function look() {
  const words = input.value.toLowerCase().split(/\s+/);
  const found = [...commands, ...changing.flatMap((make) => make())].filter((each) => isPossible(each)
    && words.every((/** @type {string} */ word) => `${each.label} ${each.cli ?? ""}`.toLowerCase().includes(word)));
  options.show(found.slice(0, MOST_SHOWN));
  byId("palette-none").textContent = found.length ? "" : `Nothing is called “${input.value}”.`;
}

input.oninput = look;
input.addEventListener("keydown", (event) => options.key(event));

byId("find").onclick = () => openPalette();
byId("show-keys").onclick = openKeys;
register({ label: "List the keys", keys: "?", run: openKeys });
registerMany(() => [{ label: `Turn single keys ${single.on ? "off" : "on"}`, run: () => turnSingleKeys(!single.on) }]);
