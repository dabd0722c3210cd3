// Again on save: the old and the new answer side by side. A replay is shown the same way.

import { Answer } from "./answer.js";
import { post, tried } from "./api.js";
import { register } from "./commands.js";
import { byId, grouped, h, icon, say, seconds, table } from "./dom.js";
import { cents } from "./waterfall.js";

const NOTHING_YET = "Ask once; each save asks it again.";
const NOTABLE = 0.1; // of the time: a smaller change is chance

/** What is compared at a glance: head, value, how it is written, whether less is better.
 * @type {[string, (side: any) => number, (value: number) => string, boolean][]} */
const FACTS = [
  ["First event", (side) => side.first_ms ?? 0, seconds, true],
  ["Whole answer", (side) => side.total_ms, seconds, true],
  ["Events", (side) => side.events, grouped, false],
  ["Words", (side) => side.words, grouped, false],
  ["Calls", (side) => side.calls, grouped, false],
  ["Cost", (side) => side.cost, cents, false],
];

export class AgainPane {
  /**
   * @param {object} page
   * @param {() => string} page.chat the id of the one that is open
   * @param {() => any} page.turn the one that is shown
   */
  constructor(page) {
    this.page = page;
    /** @type {Payload} as the feed tells it */ this.state = { on: false, frozen: true };
    /** @type {any} a replay that is shown in its place */ this.replayed = null;
    this.text = new Answer(h("div.answer"), () => {});
    this.spoken = 0;
    byId("again-on").onchange = () => this.set({ on: byId("again-on").checked, chat: page.chat() });
    byId("again-frozen").onchange = () => this.set({ frozen: byId("again-frozen").checked });
    byId("again-keep").onclick = () => this.keep();
    byId("again-close").onclick = () => this.close();
    register({
      label: "Ask again on save, or no longer", keys: "a", cli: "poe replay last --watch",
      run: () => this.set({ on: !this.state.on, chat: page.chat() }),
    });
    register({
      label: "Freeze upstream answers, or no longer", cli: "poe replay last --watch --fresh",
      can: () => this.state.on, run: () => this.set({ frozen: !this.state.frozen }),
    });
    register({
      label: "Keep the new answer: compare later ones with it", keys: "k", cli: "poe replay last --accept",
      can: () => this.state.on && this.state.comparison, run: () => this.keep(),
    });
    register({
      label: "Replay the turn that is shown, upstream frozen", keys: "p", cli: "poe replay TURN",
      can: () => page.turn()?.message_id, run: () => this.replay(),
    });
    byId("turn-actions").append(h("button.small", { onclick: () => this.replay() },
      icon("retry"), "Replay", h("kbd", "P")));
  }

  /** What comes of it the feed tells, which may be faster than the answer. @param {object} change */
  async set(change) {
    this.replayed = null;
    await tried(() => post("again", change)) || this.show();
  }

  keep() {
    return tried(() => post("again/keep"));
  }

  close() {
    if (this.replayed) {
      this.replayed = null;
      this.show();
    } else this.set({ on: false });
    byId("log").focus();
  }

  /** Ask the turn that is shown once more. */
  replay() {
    const { message_id: id, number, question } = this.page.turn();
    this.replayed = { question, turn: number, running: true };
    this.show();
    return tried(async () => {
      const comparison = await post(`turns/${encodeURIComponent(id)}/replay`);
      this.replayed = { question, turn: comparison.before.turn, comparison };
    }).finally(() => {
      if (this.replayed?.running) this.replayed = null;
      this.show();
      this.speak(this.replayed?.comparison);
    });
  }

  /** @param {Payload} state */
  take(state) {
    const began = state.running && !(this.state.running && this.state.generation === state.generation);
    this.state = state;
    if (began) this.text.clear();
    this.show();
    const now = state.comparison?.now.generation;
    if (now && now !== this.spoken) this.speak(state.comparison);
    this.spoken = now ?? 0;
  }

  /** The text of the answer that runs. @param {Payload} payload */
  paint({ anew, ops }) {
    if (anew) this.text.clear();
    this.text.take(ops);
  }

  /** @param {Comparison | undefined} comparison */
  speak(comparison) {
    if (!comparison) return;
    const ways = comparison.differences.map((each) => each.what).join(", ");
    say(comparison.same ? "Asked again: the same answer." : `Asked again. What changed: ${ways}.`);
  }

  show() {
    const { state, replayed } = this;
    const shown = replayed ?? state;
    byId("again").hidden = !state.on && !replayed;
    byId("again-on").checked = state.on;
    byId("again-frozen").checked = state.frozen;
    byId("again-of-saves").hidden = Boolean(replayed);
    byId("again-title").textContent = replayed ? "Replay, upstream frozen" : "Again on save";
    byId("again-question").replaceChildren(...question(shown, Boolean(replayed)));
    byId("again-keep").hidden = Boolean(replayed) || !state.comparison;
    byId("again-shown").replaceChildren(...this.body(shown));
  }

  /** @param {any} shown @returns {(Element | string)[]} */
  body(shown) {
    if (shown.running && !this.replayed) {
      return [h("div.sides", side("Before", shown.comparison?.before, old(shown.comparison?.words ?? [])),
        side(`Generation ${shown.generation}`, null, [this.text.root], "answering"))];
    }
    if (shown.running) return [h("p.none", "Answering")];
    if (shown.trouble) return [h("p.none.warn", shown.trouble)];
    if (!shown.comparison) return [h("p.none", shown.question ? "Asks again at the next save." : NOTHING_YET)];
    const { before, now, words, differences } = /** @type {Comparison} */ (shown.comparison);
    const rest = differences.filter((each) => each.what !== "text");
    return [facts(before, now), h("div.sides", side("Before", before, old(words)), side("Now", now, young(words))),
    rest.length ? h("dl.ways", { ariaLabel: "What else differs" }, ...rest.map((each) =>
      h("div", h("dt", each.what), h("dd", each.detail)))) : ""];
  }
}

/** @param {any} shown @param {boolean} once @returns {(Element | string)[]} */
function question(shown, once) {
  if (!shown.question) return [];
  return [`“${shown.question}” `, h("span.quiet", `turn ${shown.turn}, asked ${once ? "once more" : "again by each generation"}`)];
}

/** @param {string} head @param {any} turn @param {(Node | string)[]} text @param {string} [note] */
function side(head, turn, text, note = "") {
  const gen = turn?.generation ? `generation ${turn.generation}` : "";
  const bad = turn && turn.outcome !== "ok" ? turn.error ?? turn.outcome : "";
  return h("section", { ariaLabel: head }, h("h3", head, " ", h("span.quiet", note || gen)),
    h("div.words", ...text), bad && h("p.bad", bad),
    turn?.files.length && h("p.quiet", turn.files.join(", ")));
}

/** @param {string[][]} words */
const old = (words) => words.map(([same, other]) => (other === undefined ? same : same && h("del", same)));
/** @param {string[][]} words */
const young = (words) => words.map(([same, other]) => (other === undefined ? same : other && h("ins", other)));

/** @param {any} before @param {any} now */
function facts(before, now) {
  /** @param {string} name @param {Element[]} cells */
  const row = (name, cells) => h("tr", h("th", { scope: "row" }, name), ...cells);
  /** @param {any} side */
  const cells = (side) => FACTS.map(([, value, written]) => h("td", written(value(side))));
  const changes = FACTS.map(([, value, written, lessIsBetter]) => {
    const by = value(now) - value(before);
    const isNotable = lessIsBetter && Math.abs(by) > NOTABLE * value(before);
    return h(`td.${isNotable ? (by < 0 ? "good" : "warn") : ""}`, by ? `${by < 0 ? "−" : "+"}${written(Math.abs(by))}` : "same");
  });
  return h("div.facts", { tabIndex: 0, role: "region", ariaLabel: "Times and counts" },
    table(["", ...FACTS.map(([head]) => head)], [row("Before", cells(before)), row("Now", cells(now)), row("Change", changes)]));
}
