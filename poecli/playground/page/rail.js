// The list of turns, newest first, and the search in it.

import { register } from "./commands.js";
import { byId, counted, h, seconds, svg } from "./dom.js";

const MOST_TURNS = 200; // the server's
const PAINT_MS = 250; // between paints
const NO_TURN = byId("no-turns").textContent;

export class Rail {
  /** @param {(turn: any, follows: boolean) => void} show one of them was chosen, or follows as the newest */
  constructor(show) {
    this.show = show;
    /** @type {Map<number, any>} */ this.turns = new Map();
    this.shown = 0;
    /** @type {any} */ this.drawn = null; // what was shown of it
    /** @type {Map<number, Row>} */ this.rows = new Map();
    this.followsNewest = true;
    this.fills = false;
    this.paintedAt = -Infinity;
    this.timer = 0;
    byId("search").oninput = () => this.paint();
    register({ label: "Search turns", keys: "/", run: () => byId("search").focus() });
    register({ label: "Show the previous turn", keys: "[", run: () => this.step(-1) });
    register({ label: "Show the next turn", keys: "]", run: () => this.step(1) });
    register(() => [...this.turns.values()].reverse().map((turn) => ({
      label: `${nameOf(turn)}: ${turn.question || "(empty)"}`,
      cli: turn.kept && `poe turns show ${turn.kept}`,
      run: () => this.choose(turn.number),
    })));
  }

  /** All turns are told anew, until `filled`. */
  clear() {
    this.turns.clear();
    this.fills = true;
  }

  filled() {
    this.fills = false;
    this.followsNewest ||= !this.turns.has(this.shown);
    this.settle();
  }

  /** @param {string} messageId of its answer */
  of(messageId) {
    return [...this.turns.values()].findLast((turn) => turn.message_id === messageId);
  }

  /** @param {Turn} turn new, or as it stands now */
  take(turn) {
    this.turns.set(turn.number, turn);
    if (this.fills || this.timer) return;
    // At the soonest once all that came with it is taken in.
    this.timer = setTimeout(() => this.settle(), this.paintedAt + PAINT_MS - performance.now());
  }

  /** What was taken in comes to be seen. */
  settle() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.paintedAt = performance.now();
    this.forgetOldest();
    const number = this.followsNewest ? this.numbers().at(-1) ?? 0 : this.shown;
    const turn = this.turns.get(number);
    if (turn && turn !== this.drawn) this.choose(number);
    else this.paint();
  }

  forgetOldest() {
    const others = this.numbers().filter((number) => number !== this.shown);
    for (const number of others.slice(0, Math.max(0, this.turns.size - MOST_TURNS))) this.turns.delete(number);
  }

  /** Before somebody acts on what is shown. */
  upToDate() {
    if (this.timer) this.settle();
  }

  /** Oldest first: in a rush, an older turn may be told after a newer. @returns {number[]} */
  numbers() {
    return [...this.turns.keys()].sort((a, b) => a - b);
  }

  /** @param {number} number */
  choose(number) {
    this.shown = number;
    this.followsNewest = number === this.numbers().at(-1);
    this.drawn = this.turns.get(number);
    this.show(this.drawn, this.followsNewest);
    this.paint();
  }

  /** @param {number} by */
  step(by) {
    const numbers = this.numbers();
    const next = numbers[numbers.indexOf(this.shown) + by];
    if (next !== undefined) this.choose(next);
  }

  paint() {
    const typed = byId("search").value;
    const found = this.numbers().map((number) => this.turns.get(number))
      .filter((turn) => turn.question.toLowerCase().includes(typed.toLowerCase()));
    const longest = Math.max(1, ...found.map((turn) => turn.total_ms ?? 0));
    byId("no-turns").hidden = found.length > 0;
    byId("no-turns").textContent = this.turns.size ? `Nothing holds “${typed}”.` : NO_TURN;
    byId("turns-scale").hidden = !found.length;
    byId("turns-until").textContent = seconds(longest);
    this.put(found.reverse().map((turn) => this.row(turn, longest)));
  }

  /** Only what has changed is touched. @param {Row[]} rows newest first */
  put(rows) {
    const list = byId("turns");
    for (const [at, { element }] of rows.entries()) {
      if (list.children[at] !== element) list.insertBefore(element, list.children[at] ?? null);
    }
    while (list.children.length > rows.length) list.lastElementChild?.remove();
    for (const number of this.rows.keys()) if (!this.turns.has(number)) this.rows.delete(number);
  }

  /** @param {Turn} turn @param {number} longest of all that are shown */
  row(turn, longest) {
    const row = this.rows.get(turn.number) ?? new Row(() => this.choose(turn.number));
    this.rows.set(turn.number, row);
    row.show(turn, turn.number === this.shown, longest);
    return row;
  }
}

/** One turn in the list. */
class Row {
  /** @param {() => void} onclick */
  constructor(onclick) {
    /** @type {any} */ this.turn = null;
    this.isShown = false;
    this.longest = 0;
    this.picture = svg("svg", { class: "mini", preserveAspectRatio: "none", "aria-hidden": "true" });
    this.words = h("span");
    this.button = h("button", { onclick }, this.words, this.picture);
    this.element = h("li", this.button);
  }

  /** @param {Turn} turn @param {boolean} isShown @param {number} longest */
  show(turn, isShown, longest) {
    if (this.turn !== turn) this.draw(turn);
    if (this.isShown !== isShown) this.button.ariaCurrent = isShown ? "true" : null;
    if (this.longest !== longest) this.picture.setAttribute("viewBox", `0 0 ${longest} 4`);
    Object.assign(this, { turn, isShown, longest });
  }

  /** @param {Turn} turn */
  draw(turn) {
    const bad = turn.state === "error";
    const mark = marks(turn);
    this.words.replaceChildren(
      h("span.question", turn.question || "(empty)"),
      h("span.marks", turn.tunneled && h("span", "outside"),
        mark && h(`span.mark.${bad ? "bad" : "warn"}`, mark),
        h("span", turn.state === "running" ? "running" : seconds(turn.total_ms)),
        h("span", turn.kept ? "kept" : `gen ${turn.generation}`)));
    this.picture.replaceChildren(
      svg("rect", { class: bad ? "bad" : "", width: turn.total_ms ?? 0, height: 4 }),
      ...notesOf(turn, "stall").map((note) =>
        svg("rect", { class: "warn", x: Math.max(0, note.at_ms - note.ms), width: note.ms, height: 4 })));
  }
}

/** @param {Turn} turn @param {string} kind */
export const notesOf = (turn, kind) => turn.notes.filter((note) => note.kind === kind);

/** What is wrong with a turn, in few words. @param {Turn} turn */
export function marks(turn) {
  const named = ["rule", "stall"].map((kind) => {
    const count = notesOf(turn, kind).length;
    return count && counted(count, kind);
  });
  return [["error", "stopped"].includes(turn.state) && turn.state, ...named].filter(Boolean).join(", ");
}

/** @param {Turn} turn */
export const nameOf = (turn) => (turn.kept ? `Kept turn ${turn.kept}` : `Turn ${turn.number}`);
