// One turn: its waterfall, what was found, how near it came to the limits, and the wire.

import { get, Refused } from "./api.js";
import { openPalette, register } from "./commands.js";
import { byId, grouped, h, pre, seconds } from "./dom.js";
import { tabList } from "./lists.js";
import { nameOf, notesOf } from "./rail.js";
import { filesOf, waterfall } from "./waterfall.js";
import { copy, events, raw, request, upstream } from "./wire.js";

const REDRAW_MS = 250; // while it runs
const RUSH_MS = 2000; // what is followed sooner is read by nobody
const REST_MS = 7000; // the feed: 5 s
const TABS = Object.entries({ events, request, raw, upstream });

export class TurnPane {
  /** @param {() => any} state of what is served */
  constructor(state) {
    this.state = state;
    /** @type {any} */ this.turn = null;
    /** @type {any} */ this.kept = null;
    this.tab = 0;
    this.newAt = -Infinity;
    this.timer = 0;
    this.notes = "";
    const tabs = TABS.map(([name]) => byId(`tab-${name}`));
    const choose = tabList(tabs, (at) => {
      this.tab = at;
      byId("wire").setAttribute("aria-labelledby", tabs[at].id);
      this.showWire();
    });
    choose(0);
    for (const [at, tab] of tabs.entries()) {
      register({ label: `Show the turn's wire: ${tab.innerText.toLowerCase()}`, keys: String(at + 1), can: () => this.turn, run: () => choose(at) });
    }
    this.registerCopies();
    setInterval(() => this.turn?.state === "running" && !this.timer && this.draw(), REDRAW_MS);
  }

  /** What `poe turns` calls it: known once it is kept, for others may be kept before it. */
  get number() {
    return this.turn?.kept || this.kept?.number || 0;
  }

  registerCopies() {
    const run = () => openPalette("copy turn as ");
    byId("turn-actions").append(h("button.small", { onclick: run }, "Copy as… ", h("kbd", "Y")));
    const can = () => this.kept && !this.kept.refused;
    register({ label: "Copy the turn as…", keys: "y", can, run });
    register(() => /** @type {[string, string, () => any][]} */ ([
      ["curl, the key as a variable", "curl", () => this.kept.curl],
      ["JSON", `poe turns show ${this.number} --json`, () => JSON.stringify(this.kept, null, 2)],
      ["a test, for a .chat.toml", "poe check", async () => (await get(`turns/${encodeURIComponent(this.turn.message_id)}/test`)).text],
    ]).map(([what, cli, text]) => ({ label: `Copy turn as ${what}`, cli, can, run: async () => copy(await text(), what) })));
  }

  /** @param {Turn} turn as the feed tells it @param {boolean} follows it is shown as the newest */
  show(turn, follows) {
    // The numbers of earlier runs' turns move with each run.
    const isNew = this.turn?.number !== turn.number || this.turn.message_id !== turn.message_id;
    const isRush = isNew && follows && (turn.rush || performance.now() - this.newAt < RUSH_MS);
    const isChosen = this.turn === turn && !this.kept;
    const ended = this.turn?.state === "running" && turn.state !== "running";
    this.turn = turn;
    byId("no-turn").hidden = true;
    byId("turn").hidden = false;
    if (isNew) {
      this.kept = null;
      this.newAt = performance.now();
      clearTimeout(this.timer);
      this.timer = 0;
    }
    if (isNew || turn.state !== "running") this.draw();
    if (isRush) {
      this.timer = setTimeout(() => { this.timer = 0; this.load(this.turn); }, turn.rush ? REST_MS : RUSH_MS);
      this.showWire();
    } else if (isNew || isChosen || (ended && !this.timer)) this.load(turn);
  }

  draw() {
    const { turn, kept } = this;
    byId("turn-title").textContent = nameOf(turn);
    byId("turn-when").textContent = [turn.kept ? "an earlier run" : `gen ${turn.generation}`,
      new Date(turn.at_ms).toLocaleTimeString(), ...(this.number && !turn.kept ? [`kept as ${this.number}`] : [])].join(", ");
    byId("turn-when").title = this.number ? `poe turns show ${this.number}` : "";
    const { axis, rows } = waterfall(turn, kept);
    byId("waterfall").tBodies[0].replaceChildren(...rows);
    byId("axis").replaceChildren(axis);
    const notes = turn.notes.filter(isFinding);
    if (this.notes !== JSON.stringify(notes)) byId("notes").replaceChildren(...notes.map((/** @type {Payload} */ note) => finding(note)));
    this.notes = JSON.stringify(notes);
    const { limits } = this.state();
    byId("gauges").replaceChildren(...gauges(turn, kept, limits));
    showWaiting(turn, limits);
  }

  /** @param {Turn} turn */
  async load(turn) {
    if (turn.state !== "running" && turn.message_id) {
      const kept = await get(`turns/${encodeURIComponent(turn.message_id)}`).catch((error) => {
        if (!(error instanceof Refused)) throw error;
        return { refused: error.message };
      });
      if (this.turn.message_id !== turn.message_id) return;
      this.kept = kept;
      this.draw();
    }
    this.showWire();
  }

  showWire() {
    const { turn, kept } = this;
    if (!turn) return;
    byId("wire").replaceChildren(...(kept && !kept.refused ? TABS[this.tab][1](kept) : [h("p.none",
      kept?.refused ?? (turn.state === "running" ? "The wire is shown when the answer is over." : "Loading"))]));
  }
}

/** How long it has waited, and for what. @param {Turn} turn @param {any} limits */
function showWaiting(turn, limits) {
  const box = byId("waits");
  box.hidden = turn.state !== "running";
  if (box.hidden) return;
  const stall = notesOf(turn, "stall").at(-1);
  const why = turn.first_ms === null && !turn.events
    ? `no event yet, ${limits.first_event} s is the limit` : `${grouped(turn.events)} events so far`;
  box.replaceChildren(
    h("b", { ariaHidden: "true" }, seconds(Date.now() - turn.at_ms)), h("span", why),
    ...(stall ? [h("span.mark.warn", `loop blocked ${seconds(stall.ms)}`), h("code", stall.place)] : []));
}

// --- what was found ---

/** @type {Record<string, (note: Payload) => string>} */
const TITLES = {
  raised: () => "The bot raised",
  rule: ({ rule }) => rule,
  stall: ({ ms }) => `Stall, ${seconds(ms)}`,
  advice: () => "Advice",
  fault: () => "Fault on request",
};

/** @param {Payload} note */
export const isFinding = ({ kind }) => kind in TITLES;

/** @param {Payload} note @param {boolean} [isOpen] with its traceback */
export function finding(note, isOpen = false) {
  const isBad = note.kind === "raised" || note.level === "error";
  const text = note.text || (note.kind === "stall" && "The event loop was blocked: no other user was answered.");
  return h(`section.finding.${isBad ? "bad" : "warn"}`,
    h("h3", TITLES[note.kind](note)),
    h("p", note.place && h("code", note.place), " ", text),
    note.why && h("p", note.why),
    note.fix && h("p.fix", `Fix: ${note.fix}`),
    note.detail && h("details", { open: isOpen }, h("summary", "Traceback"), pre("Traceback", note.detail)));
}

// --- the limits ---

/** @param {Turn} turn @param {Kept} kept @param {any} limits */
function gauges(turn, kept, limits) {
  const now = turn.total_ms ?? Date.now() - turn.at_ms;
  return [
    gauge("First event", (turn.first_ms ?? now) / 1000, limits.first_event, " s"),
    gauge("Whole answer", now / 1000, limits.answer, " s"),
    gauge("Characters", turn.characters, limits.characters),
    gauge("Events", turn.events, limits.events),
    gauge("Upstream calls", turn.calls.length, limits.calls),
    gauge("Files", filesOf(kept).length, limits.files),
  ];
}

/** @param {string} name @param {number} value @param {number} limit @param {string} [unit] */
function gauge(name, value, limit, unit = "") {
  const shown = unit ? value.toFixed(2) : grouped(value);
  return h(`div.${value > limit ? "over" : ""}`,
    h("dt", name), h("dd", h("b", shown), ` of ${grouped(limit)}${unit}`),
    h("dd.gauge", h("progress", { max: limit, value, ariaHidden: "true" })));
}
