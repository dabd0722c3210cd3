// What can be done on the page: all of it by the palette, much of it by a key of its own.

import { byId, chooseOption, h, stepOf } from "./dom.js";

/**
 * @typedef {object} Command
 * @property {string} id its own on the page; one registered again takes the place of the old
 * @property {string} label what it does, the verb first
 * @property {string} [keys] the key that does it outside of text fields
 * @property {string} [cli] what does the same in a terminal
 * @property {() => boolean} [can] whether there is anything to do now
 * @property {() => unknown} run
 */

/** @type {Map<string, Command>} */
const commands = new Map();
/** @type {(() => Command[])[]} */
const changing = [];
const KEPT = "poe.single-keys";
const MOST_SHOWN = 40;

/** @param {Command} command */
export const register = (command) => void commands.set(command.id, command);

/** Commands that come and go, like a turn to show: asked for each time the palette looks. */
export const registerMany = (/** @type {() => Command[]} */ make) => void changing.push(make);

const isPossible = (/** @type {Command} */ command) => command.can?.() ?? true;

/** @returns {Command[]} */
const possible = () => [...commands.values(), ...changing.flatMap((make) => make())].filter(isPossible);

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
  const found = [...commands.values()].find((each) => each.keys === event.key.toLowerCase() && isPossible(each));
  if (!found) return;
  event.preventDefault();
  found.run();
});

/** Whether a dialog takes the keys. */
export const isDialogOpen = () => Boolean(document.querySelector("dialog[open]"));

/** @param {string} key */
const shownKey = (key) => (key.length === 1 ? key.toUpperCase() : key);

function openKeys() {
  const rows = [...commands.values()].filter((each) => each.keys).map((each) => h("div.command", {},
    h("dt", {}, h("kbd", {}, shownKey(each.keys ?? ""))), h("dd", {}, each.label)));
  for (const old of document.querySelectorAll("#key-list .command")) old.remove();
  byId("key-list").append(...rows);
  byId("keys").showModal();
}

// --- the palette: a combobox over a list box ---

const input = byId("palette-input");
const list = byId("palette-list");
/** @type {Command[]} */ let shown = [];
let chosen = 0;

/** @param {string} [words] to look for at once */
export function openPalette(words = "") {
  if (isDialogOpen()) return;
  input.value = words;
  look();
  byId("palette").showModal();
}

function look() {
  const words = input.value.toLowerCase().split(/\s+/);
  shown = possible()
    .filter(({ label, cli = "" }) => words.every((/** @type {string} */ word) => `${label} ${cli}`.toLowerCase().includes(word)))
    .slice(0, MOST_SHOWN);
  list.replaceChildren(...shown.map((each, at) => h("li",
    { role: "option", id: `palette-${at}`, onclick: () => run(each) },
    h("span", {}, each.label),
    h("span.quiet", {}, each.cli && h("code", {}, each.cli), each.keys && h("kbd", {}, shownKey(each.keys))))));
  byId("palette-none").textContent = shown.length ? "" : `Nothing is called “${input.value}”.`;
  choose(0);
}

/** @param {number} at */
function choose(at) {
  chosen = shown.length ? (at + shown.length) % shown.length : 0;
  chooseOption(input, list, chosen);
}

/** @param {Command | undefined} command */
function run(command) {
  if (!command) return;
  byId("palette").close();
  command.run();
}

input.oninput = look;
input.onkeydown = (/** @type {KeyboardEvent} */ event) => {
  const step = stepOf(event);
  if (step) choose(chosen + step);
  else if (event.key === "Enter" && !event.isComposing) run(shown[chosen]);
  else return;
  event.preventDefault();
};

byId("find").onclick = () => openPalette();
byId("show-keys").onclick = openKeys;
register({ id: "keys", label: "List the keys", keys: "?", run: openKeys });
registerMany(() => [{
  id: "single-keys", label: `Turn single keys ${single.on ? "off" : "on"}`,
  run: () => turnSingleKeys(!single.on),
}]);
