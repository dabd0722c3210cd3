// Again on save: the old and the new answer side by side. A replay is shown the same way.

import { Answer } from "./answer.js";
import { post, tried } from "./api.js";
import { register } from "./commands.js";
import { byId, grouped, h, icon, marked, say, seconds, table } from "./dom.js";
import { cents } from "./waterfall.js";

const NOTABLE = 0.1; // of the time: a smaller change is chance

/** What is compared at a glance: head, field, how it is written. @type {[string, string, (value: number) => string][]} */
const FACTS = [["First event", "first_ms", seconds], ["Whole answer", "total_ms", seconds], ["Events", "events", grouped],
  ["Words", "words", grouped], ["Calls", "calls", grouped], ["Cost", "cost", cents]];

export class AgainPane {
  /** @param {Record<string, () => any>} page what is open: the id of its chat, its turn, and the number that `poe turns` has for that */
  constructor(page) {
    this.page = page;
    /** @type {Payload} as the feed tells it */ this.state = { on: false, frozen: true };
    /** @type {any} a replay that is shown in its place */ this.replayed = null;
    this.text = new Answer(h("div.answer"), () => {});
    this.spoken = 0;
    const turn = byId("again-on").onchange = () => this.set({ on: !this.state.on, chat: page.chat() });
    const freeze = byId("again-frozen").onchange = () => this.set({ frozen: !this.state.frozen });
    const keep = byId("again-keep").onclick = () => tried(() => post("again/keep"));
    byId("again-close").onclick = () => this.close();
    register({ label: "Ask again on save, or no longer", keys: "a", cli: "poe replay last --watch", run: turn });
    register({ label: "Freeze upstream answers, or no longer", cli: "poe replay last --watch --fresh", can: () => this.state.on, run: freeze });
    register({ label: "Keep the new answer: compare later ones with it", keys: "k", cli: "poe replay last --accept", can: () => this.state.on && this.state.comparison, run: keep });
    register(() => [{
      label: "Replay the turn that is shown, upstream frozen", keys: "p", cli: `poe replay ${page.number() || "TURN"}`,
      can: () => page.turn()?.message_id, run: () => this.replay(),
    }]);
    byId("turn-actions").append(h("button.small", { onclick: () => this.replay() },
      icon("retry"), "Replay", h("kbd", "P")));
  }

  /** What comes of it the feed tells, which may be faster than the answer. @param {object} change */
  async set(change) {
    this.replayed = null;
    await tried(() => post("again", change)) || this.show();
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
    const { message_id: id, question } = this.page.turn();
    this.replayed = { question, turn: this.page.number(), running: true };
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
    byId("again-question").replaceChildren(...(shown.question ? [`“${shown.question}” `, h("span.quiet",
      shown.turn && `kept turn ${shown.turn}, `, `asked ${replayed ? "once more" : "again by each generation"}`)] : []));
    byId("again-keep").hidden = Boolean(replayed) || !state.comparison;
    byId("again-shown").replaceChildren(...this.body(shown));
  }

  /** @param {any} shown @returns {(Element | string)[]} */
  body(shown) {
    const { before, now, words = [], differences } = /** @type {Partial<Comparison>} */ (shown.comparison ?? {});
    const old = side("Before", before, marked(words, 0));
    if (shown.running) {
      return [this.replayed ? h("p.none", "Answering")
        : h("div.sides", old, side(`Generation ${shown.generation}`, null, [this.text.root], "answering"))];
    }
    if (shown.trouble) return [h("p.none.warn", shown.trouble)];
    if (!now) return [h("p.none", shown.question ? "Asks again at the next save." : "Ask once; each save asks it again.")];
    const rest = differences?.filter((each) => each.what !== "text") ?? [];
    return [facts(before, now), h("div.sides", old, side("Now", now, marked(words, 1))),
      rest.length ? h("dl.ways", { ariaLabel: "What else differs" }, ...rest.map((each) =>
        h("div", h("dt", each.what), h("dd", each.detail)))) : ""];
  }
}

/** @param {string} head @param {any} turn @param {(Node | string)[]} text @param {string} [note] */
function side(head, turn, text, note = "") {
  const gen = turn?.generation ? `generation ${turn.generation}` : "";
  const bad = turn && turn.outcome !== "ok" ? turn.error ?? turn.outcome : "";
  return h("section", { ariaLabel: head }, h("h3", head, " ", h("span.quiet", note || gen)),
    h("div.words", ...text), bad && h("p.bad", bad),
    turn?.files.length && h("p.quiet", turn.files.join(", ")));
}

/** @param {Payload} before @param {Payload} now */
function facts(before, now) {
  /** @param {string} name @param {Element[]} cells */
  const row = (name, cells) => h("tr", h("th", { scope: "row" }, name), ...cells);
  /** @param {Payload} side */
  const cells = (side) => FACTS.map(([, field, written]) => h("td", written(side[field] ?? 0)));
  const changes = FACTS.map(([, field, written]) => {
    const by = (now[field] ?? 0) - (before[field] ?? 0);
    const isNotable = written === seconds && Math.abs(by) > NOTABLE * before[field];
    return h(`td.${isNotable ? (by < 0 ? "good" : "warn") : ""}`, by ? `${by < 0 ? "−" : "+"}${written(Math.abs(by))}` : "same");
  });
  return h("div.facts", { tabIndex: 0, role: "region", ariaLabel: "Times and counts" },
    table(["", ...FACTS.map(([head]) => head)], [row("Before", cells(before)), row("Now", cells(now)), row("Change", changes)]));
}
