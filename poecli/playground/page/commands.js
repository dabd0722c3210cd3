// What can be done on the page: all of it by the palette, much of it by a key of its own.

import { byId, h } from "./dom.js";
import { Options } from "./lists.js";

/** @type {(Command | (() => Command[]))[]} */ const registered = [];
const KEPT = "poe.single-keys";
const MOST_SHOWN = 40;

/** @param {Command | (() => Command[])} command or those that come and go, like a turn to show: asked for at each look */
export const register = (command) => void registered.push(command);

const commands = () => registered.flatMap((each) => (typeof each === "function" ? each() : each));
const isPossible = (/** @type {Command} */ { can = () => true }) => can();

// --- keys ---

const singleKeys = () => localStorage.getItem(KEPT) ?? "on";

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  const types = /** @type {Element} */ (event.target).matches("input, textarea, select");
  if (types || event.ctrlKey || event.metaKey || event.altKey || singleKeys() === "off" || isDialogOpen()) return;
  const found = commands().find((each) => each.keys === event.key.toLowerCase() && isPossible(each));
  if (!found) return;
  event.preventDefault();
  found.run();
});

/** Whether a dialog takes the keys. */
export const isDialogOpen = () => Boolean(document.querySelector("dialog[open]"));

const keyOf = (/** @type {Command} */ { keys }) => keys && h("kbd", keys.toUpperCase());

function openKeys() {
  byId("command-keys").replaceChildren(...commands().filter((each) => each.keys)
    .map((each) => h("div", h("dt", keyOf(each)), h("dd", each.label))));
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
  const found = commands().filter(isPossible).filter(({ label, cli = "" }) =>
    words.every((/** @type {string} */ word) => `${label} ${cli}`.toLowerCase().includes(word)));
  options.show(found.slice(0, MOST_SHOWN));
  byId("palette-none").textContent = found.length ? "" : `Nothing is called “${input.value}”.`;
}

input.oninput = look;
input.addEventListener("keydown", (event) => options.key(event));

byId("find").onclick = () => openPalette();
byId("show-keys").onclick = openKeys;
register({ label: "List the keys", keys: "?", run: openKeys });
register(() => [singleKeys() === "off" ? "on" : "off"].map((other) =>
  ({ label: `Turn single keys ${other}`, run: () => localStorage.setItem(KEPT, other) })));
