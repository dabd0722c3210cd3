// The list of turns, newest first, and the search in it.

import { register, registerMany } from "./commands.js";
import { byId, h, seconds, svg } from "./dom.js";

const MOST_TURNS = 200; // as many as the server keeps
const PAINT_MS = 250; // at least between two paints: many users may be asking

export class Rail {
  /** @param {(turn: any) => void} show one of them was chosen */
  constructor(show) {
    this.show = show;
    /** @type {Map<number, any>} */ this.turns = new Map();
    this.shown = 0;
    /** @type {any} */ this.told = null; // what was shown of it
    this.followsNewest = true;
    this.fills = false;
    this.paintedAt = -Infinity;
    this.timer = 0;
    byId("search").oninput = () => this.paint();
    register({ id: "search", label: "Search turns", keys: "/", run: () => byId("search").focus() });
    register({ id: "previous", label: "Show the previous turn", keys: "[", run: () => this.step(-1) });
    register({ id: "next", label: "Show the next turn", keys: "]", run: () => this.step(1) });
    registerMany(() => [...this.turns.values()].reverse().map((turn) => ({
      id: `turn-${turn.number}`,
      label: `${turn.kept ? `Kept turn ${turn.kept}` : `Turn ${turn.number}`}: ${turn.question || "(empty)"}`,
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

  /** @param {string} messageId of its answer @returns {any} */
  of(messageId) {
    return [...this.turns.values()].findLast((turn) => turn.message_id === messageId);
  }

  /** @param {any} turn new, or as it stands now */
  take(turn) {
    this.turns.set(turn.number, turn);
    if (this.turns.size > MOST_TURNS) this.turns.delete(this.numbers().find((oldest) => oldest !== this.shown) ?? 0);
    if (this.fills || this.timer) return;
    const wait = this.paintedAt + PAINT_MS - performance.now();
    if (wait <= 0) this.settle();
    else this.timer = setTimeout(() => this.settle(), wait);
  }

  /** What was taken in comes to be seen. */
  settle() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.paintedAt = performance.now();
    const number = this.followsNewest ? this.numbers().at(-1) ?? 0 : this.shown;
    const turn = this.turns.get(number);
    if (turn && turn !== this.told) this.choose(number);
    else this.paint();
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
    this.told = this.turns.get(number);
    this.show(this.told);
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
    byId("no-turns").textContent = this.turns.size
      ? `Nothing holds “${typed}”.`
      : "No turn yet. Each question and its answer is kept here, also after a restart.";
    byId("turns-scale").hidden = !found.length;
    byId("turns-until").textContent = seconds(longest);
    byId("turns").replaceChildren(...found.reverse().map((turn) => this.row(turn, longest)));
  }

  /** @param {any} turn @param {number} longest of all that are shown */
  row(turn, longest) {
    const bad = turn.state === "error";
    const mark = marks(turn);
    return h("li", {}, h("button", {
      type: "button", "aria-current": turn.number === this.shown ? "true" : null,
      onclick: () => this.choose(turn.number),
    },
    h("span", { class: "question" }, turn.question || "(empty)"),
    h("span", { class: "marks" },
      turn.tunneled ? h("span", {}, "outside") : "",
      mark && h("span", { class: `mark ${bad ? "bad" : "warn"}` }, mark),
      h("span", {}, turn.state === "running" ? "running" : seconds(turn.total_ms)),
      h("span", {}, turn.kept ? "kept" : `gen ${turn.generation}`)),
    svg("svg", { class: "mini", viewBox: `0 0 ${longest} 4`, preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("rect", { class: bad ? "bad" : "", width: turn.total_ms ?? 0, height: 4 }),
      ...turn.notes.filter((/** @type {any} */ note) => note.kind === "stall").map((/** @type {any} */ note) =>
        svg("rect", { class: "warn", x: Math.max(0, note.at_ms - note.ms), width: note.ms, height: 4 })))));
  }
}

/** What is wrong with a turn, in few words. @param {any} turn */
export function marks(turn) {
  const count = (/** @type {string} */ kind) =>
    turn.notes.filter((/** @type {any} */ note) => note.kind === kind).length;
  const named = (/** @type {string} */ kind) => {
    const found = count(kind);
    return found ? `${found} ${kind}${found > 1 ? "s" : ""}` : "";
  };
  const ended = ["error", "stopped"].includes(turn.state) ? turn.state : "";
  return [ended, named("rule"), named("stall")].filter(Boolean).join(", ");
}
