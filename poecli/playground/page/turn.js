// One turn: its waterfall, what was found, how near it came to the limits, and the wire.

import { get, Refused } from "./api.js";
import { openPalette, register } from "./commands.js";
import { byId, grouped, h, pre, seconds, svg } from "./dom.js";
import { tabList } from "./lists.js";
import { nameOf } from "./rail.js";
import { waterfall } from "./waterfall.js";
import { copy, events, raw, request, upstream } from "./wire.js";

const REDRAW_MS = 250; // while it runs
const RUSH_MS = 2000; // a turn that another follows sooner is read by nobody; the feed tells of a rush each second
const TABS = { events, request, raw, upstream };
const NAMES = /** @type {(keyof TABS)[]} */ (Object.keys(TABS));

export class TurnPane {
  /** @param {() => any} state of what is served */
  constructor(state) {
    this.limits = () => state().limits;
    this.address = () => state().attached_to || location.origin;
    /** @type {any} */ this.turn = null;
    /** @type {any} */ this.kept = null;
    this.tab = 0;
    this.newAt = -Infinity;
    this.timer = 0;
    this.notes = "";
    const tabs = NAMES.map((name) => byId(`tab-${name}`));
    const choose = tabList(tabs, (at) => {
      this.tab = at;
      byId("wire").setAttribute("aria-labelledby", tabs[at].id);
      this.showWire();
    });
    choose(0);
    for (const [at, tab] of tabs.entries()) {
      register({
        label: `Show the turn's wire: ${tab.innerText.toLowerCase()}`, keys: String(at + 1),
        can: () => this.turn, run: () => choose(at),
      });
    }
    this.registerCopies();
    setInterval(() => this.turn?.state === "running" && !this.timer && this.draw(), REDRAW_MS);
  }

  registerCopies() {
    const run = () => openPalette("copy turn as ");
    byId("turn-actions").append(h("button.small", { onclick: run }, "Copy as… ", h("kbd", "Y")));
    const can = () => this.kept && !this.kept.refused;
    register({ label: "Copy the turn as…", keys: "y", can, run });
    for (const [what, cli, text] of /** @type {[string, string, () => any][]} */ ([
      ["curl, the key as a variable", "curl", () => curl(this.kept, this.address())],
      ["JSON", "poe turns show N --json", () => JSON.stringify(this.kept, null, 2)],
      ["a test, for a .chat.toml", "poe check", async () =>
        (await get(`turns/${encodeURIComponent(this.turn.message_id)}/test`)).text],
    ])) {
      register({ label: `Copy turn as ${what}`, cli, can, run: async () => copy(await text(), what) });
    }
  }

  /** @param {Turn} turn as the feed tells it @param {boolean} follows it is shown as the newest */
  show(turn, follows) {
    // The numbers of earlier runs' turns move with each run.
    const isNew = this.turn?.number !== turn.number || this.turn.message_id !== turn.message_id;
    const isRush = isNew && follows && performance.now() - this.newAt < RUSH_MS;
    const ended = this.turn?.state === "running" && turn.state !== "running";
    this.turn = turn;
    byId("no-turn").hidden = true;
    byId("turn").hidden = false;
    byId("turn-title").textContent = nameOf(turn);
    byId("turn-when").textContent = `${turn.kept ? "an earlier run" : `gen ${turn.generation}`}, ${new Date(turn.at_ms).toLocaleTimeString()}`;
    if (isNew) {
      this.kept = null;
      this.newAt = performance.now();
      clearTimeout(this.timer);
      this.timer = 0;
    }
    if (isNew || turn.state !== "running") this.draw();
    if (isRush) {
      this.timer = setTimeout(() => { this.timer = 0; this.load(this.turn); }, RUSH_MS);
      this.showWire();
    } else if (isNew || (ended && !this.timer)) this.load(turn);
  }

  draw() {
    const { turn, kept } = this;
    const { axis, rows } = waterfall(turn, kept);
    byId("waterfall").tBodies[0].replaceChildren(...rows);
    byId("axis").replaceChildren(axis);
    const notes = turn.notes.filter(isFinding);
    if (this.notes !== JSON.stringify(notes)) byId("notes").replaceChildren(...notes.map(finding));
    this.notes = JSON.stringify(notes);
    byId("gauges").replaceChildren(...gauges(turn, kept, this.limits()));
    showWaiting(turn, this.limits());
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
    byId("wire").replaceChildren(...(kept && !kept.refused ? TABS[NAMES[this.tab]](kept) : [h("p.none",
      kept?.refused ?? (turn.state === "running" ? "The wire is shown when the answer is over." : "Loading"))]));
  }
}

/** The query as anybody can send it, without any key. @param {Kept} kept @param {string} address of the server */
function curl(kept, address) {
  const quoted = (/** @type {string} */ text) => `'${text.replaceAll("'", "'\\''")}'`;
  return [`curl -N ${quoted(new URL(kept.path, address).href)}`, '-H "Authorization: Bearer $POE_ACCESS_KEY"',
    "-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(kept.request))}`].join(" \\\n  ");
}

/** How long it has waited, and for what. @param {Turn} turn @param {any} limits */
function showWaiting(turn, limits) {
  const box = byId("waits");
  box.hidden = turn.state !== "running";
  if (box.hidden) return;
  const stall = turn.notes.findLast((note) => note.kind === "stall");
  const why = turn.first_ms === null && !turn.events
    ? `no event yet, ${limits.first_event} s is the limit` : `${grouped(turn.events)} events so far`;
  box.replaceChildren(
    h("b", { ariaHidden: "true" }, seconds(Date.now() - turn.at_ms)), h("span", why),
    ...(stall ? [h("span.mark.warn", `loop blocked ${seconds(stall.ms)}`), h("code", stall.place)] : []));
}

// --- what was found ---

/** @param {any} note */
export const isFinding = (note) => ["raised", "rule", "stall", "advice", "fault"].includes(note.kind);

/** @param {any} note */
function finding(note) {
  /** @type {Record<string, string>} */
  const titles = {
    raised: "The bot raised",
    rule: note.rule,
    stall: `Stall, ${seconds(note.ms)}`,
    advice: "Advice",
    fault: "Fault on request",
  };
  const isBad = note.kind === "raised" || note.level === "error";
  const text = note.text || (note.kind === "stall" && "The event loop was blocked: no other user was answered.");
  return h(`section.finding.${isBad ? "bad" : "warn"}`,
    h("h3", titles[note.kind]),
    h("p", note.place && h("code", note.place), " ", text),
    note.why && h("p", note.why),
    note.fix && h("p.fix", `Fix: ${note.fix}`),
    note.detail && h("details", h("summary", "Traceback"), pre("Traceback", note.detail)));
}

// --- the limits ---

/** @param {Turn} turn @param {Kept} kept @param {any} limits */
function gauges(turn, kept, limits) {
  const files = (kept?.events ?? []).filter((event) => event.event === "file").length;
  const now = turn.total_ms ?? Date.now() - turn.at_ms;
  return [
    gauge("First event", (turn.first_ms ?? now) / 1000, limits.first_event, " s"),
    gauge("Whole answer", now / 1000, limits.answer, " s"),
    gauge("Characters", turn.characters, limits.characters),
    gauge("Events", turn.events, limits.events),
    gauge("Upstream calls", turn.calls.length, limits.calls),
    gauge("Files", files, limits.files),
  ];
}

/** @param {string} name @param {number} value @param {number} limit @param {string} [unit] */
function gauge(name, value, limit, unit = "") {
  const shown = unit ? value.toFixed(2) : grouped(value);
  return h(`div.${value > limit ? "over" : ""}`,
    h("dt", name), h("dd", h("b", shown), ` of ${grouped(limit)}${unit}`),
    h("dd.gauge", { ariaHidden: "true" }, svg("svg", { viewBox: "0 0 100 4", preserveAspectRatio: "none" },
      svg("rect", { class: "all", width: 100, height: 4 }),
      svg("rect", { class: "on", width: Math.min(100, (value / limit) * 100), height: 4 }))));
}
