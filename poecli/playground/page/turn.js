// One turn: its waterfall, what was found, and the wire.

import { get, Refused } from "./api.js";
import { register } from "./commands.js";
import { byId, grouped, h, seconds, svg } from "./dom.js";
import { tabList } from "./parameters.js";

const RUN_SHOWN = 200; // characters of the events in a run
const LEVELS = { error: "bad", warning: "warn" };
const TABS = ["events", "request", "raw", "upstream"];

export class TurnPane {
  constructor() {
    /** @type {any} */ this.turn = null;
    /** @type {any} */ this.kept = null;
    this.tab = 0;
    this.buttons = TABS.map((name) => byId(`tab-${name}`));
    this.choose = tabList(this.buttons, (at) => {
      this.tab = at;
      byId("wire").setAttribute("aria-labelledby", `tab-${TABS[at]}`);
      this.showWire();
    });
    this.choose(0);
    this.buttons.forEach((button, at) => register({
      id: `tab-${TABS[at]}`, label: `Show the turn's wire: ${button.textContent.toLowerCase()}`, keys: String(at + 1),
      can: () => Boolean(this.turn), run: () => this.choose(at),
    }));
  }

  /** @param {any} turn as the feed tells it */
  show(turn) {
    const isNew = this.turn?.number !== turn.number;
    const ended = this.turn?.state === "running" && turn.state !== "running";
    this.turn = turn;
    byId("no-turn").hidden = true;
    byId("turn").hidden = false;
    byId("turn-title").textContent = `Turn ${turn.number} · generation ${turn.generation}`;
    byId("waterfall").tBodies[0].replaceChildren(...rows(turn));
    byId("notes").replaceChildren(...turn.notes.filter(isFinding).map(finding));
    if (isNew || ended || !this.kept) this.load(turn, isNew);
  }

  /** @param {any} turn @param {boolean} isNew */
  async load(turn, isNew) {
    if (isNew) this.kept = null;
    if (turn.state !== "running" && turn.message_id) {
      try {
        const kept = await get(`turns/${encodeURIComponent(turn.message_id)}`);
        if (this.turn?.number === turn.number) this.kept = kept;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        this.kept = { refused: error.message };
      }
    }
    this.showWire();
  }

  showWire() {
    const wire = byId("wire");
    if (!this.turn) return;
    if (!this.kept || this.kept.refused) {
      const why = this.kept?.refused ?? (this.turn.state === "running"
        ? "The wire is shown when the answer is over." : "Loading");
      wire.replaceChildren(h("p", { class: "none" }, why));
      return;
    }
    const shown = [events, request, raw, upstream][this.tab](this.kept);
    wire.replaceChildren(...shown);
  }
}

// --- the waterfall ---

/** @param {any} turn @returns {Element[]} */
function rows(turn) {
  const ends = [turn.total_ms, ...turn.ticks, ...turn.calls.map((/** @type {any} */ call) => call.to_ms),
    ...turn.notes.map((/** @type {any} */ note) => note.at_ms)].filter((ms) => ms !== null);
  const whole = Math.max(1, ...ends);
  const bands = turn.notes.filter((/** @type {any} */ note) => note.kind === "stall");
  /** @param {string} what @param {any[]} marks @param {string} value @param {string} said @param {string} [kind] */
  const row = (what, marks, value, said, kind = "") => h("tr", { class: kind },
    h("th", { scope: "row" }, what),
    h("td", {}, track(whole, bands, marks), h("span", { class: "hidden" }, said)),
    h("td", {}, value));
  const found = [];
  if (turn.first_ms !== null) {
    found.push(row("First event", [dot(turn.first_ms)], seconds(turn.first_ms),
      `after ${seconds(turn.first_ms)}`));
  }
  const until = turn.total_ms ?? whole;
  found.push(row("Answer", [line(turn.first_ms ?? 0, until), ticks(turn.ticks, whole)],
    turn.state === "running" ? "running" : seconds(turn.total_ms),
    `${grouped(turn.events)} events, ${grouped(turn.characters)} characters`));
  for (const call of turn.calls) {
    const to = call.to_ms ?? whole;
    found.push(row(`${call.bot} · ${call.mode}`, [bar(call.from_ms, to)],
      call.to_ms === null ? "running" : seconds(to - call.from_ms),
      `from ${seconds(call.from_ms)} to ${seconds(to)}, ${grouped(call.events)} events`,
      call.error ? "bad" : `mode ${call.mode.split(":")[0]}`));
  }
  for (const note of turn.notes) {
    if (note.kind === "print") found.push(row("Print", [dot(note.at_ms)], note.text, `at ${seconds(note.at_ms)}`));
    if (note.kind === "stall") {
      found.push(row("Stall", [bar(note.at_ms - note.ms, note.at_ms)], note.place,
        `${seconds(note.ms)}, loop blocked`, "warn"));
    }
    if (note.kind === "authorize" || note.kind === "capture") {
      found.push(row(`Cost ${note.kind}`, [dot(note.at_ms)], cents(note.amount), `at ${seconds(note.at_ms)}`,
        note.ok ? "" : "bad"));
    }
  }
  return found;
}

/** @param {number} amount in milli-cents of a US dollar */
const cents = (amount) => `${(amount / 1000).toFixed(amount % 1000 ? 3 : 0)} ¢`;

/** @param {number} whole @param {any[]} bands @param {any[]} marks */
function track(whole, bands, marks) {
  const picture = svg("svg", { class: "track", viewBox: `0 0 ${whole} 16`, preserveAspectRatio: "none", "aria-hidden": "true" });
  for (const band of bands) {
    picture.append(svg("rect", { class: "band", x: band.at_ms - band.ms, y: 0, width: band.ms, height: 16 }));
  }
  picture.append(...marks);
  return picture;
}

/** @param {number} at */
const dot = (at) => svg("path", { class: "dot", d: `M${at} 8h0` });
/** @param {number} from @param {number} to */
const line = (from, to) => svg("path", { class: "line", d: `M${from} 8H${to}` });
/** @param {number} from @param {number} to */
const bar = (from, to) => svg("rect", { class: "bar", x: Math.max(0, from), y: 3, width: Math.max(1, to - from), height: 10 });

/** One path, one tick per pixel of the widest column. @param {number[]} times @param {number} whole */
function ticks(times, whole) {
  const seen = new Set(times.map((ms) => Math.round((ms / whole) * 900)));
  const d = [...seen].map((at) => `M${((at / 900) * whole).toFixed(1)} 4v8`).join("");
  return svg("path", { class: "ticks", d });
}

// --- what was found ---

/** @param {any} note */
const isFinding = (note) => ["raised", "rule", "stall", "advice"].includes(note.kind);

/** @param {any} note */
function finding(note) {
  const titles = {
    raised: "The bot raised",
    rule: note.rule,
    stall: `Stall, ${seconds(note.ms)}`,
    advice: "Advice",
  };
  const kind = note.kind === "raised" ? "bad" : LEVELS[/** @type {keyof LEVELS} */ (note.level)] ?? "warn";
  return h("section", { class: `finding ${kind}` },
    h("h3", {}, titles[/** @type {keyof titles} */ (note.kind)]),
    h("p", {}, note.place && h("code", {}, note.place), " ", note.text || (note.kind === "stall" && "The event loop was blocked: no other user was answered.")),
    note.why && h("p", {}, note.why),
    note.fix && h("p", {}, `Fix: ${note.fix}`),
    note.detail && h("details", {}, h("summary", {}, "Traceback"), h("pre", { tabIndex: 0 }, note.detail)));
}

// --- the wire ---

/** @param {any} kept @returns {Element[]} */
function events(kept) {
  /** @type {any[]} */
  const runs = [];
  kept.events.forEach((/** @type {any} */ event, /** @type {number} */ at) => {
    const last = runs.at(-1);
    if (last && last.event === event.event && event.event === "text") last.events.push(event);
    else runs.push({ event: event.event, from: at + 1, events: [event] });
  });
  const body = runs.map((run) => {
    const count = run.events.length;
    const text = run.events.map(textOf).join("");
    const name = count > 1 ? `${run.event} × ${count}` : run.event;
    const shown = text.length > RUN_SHOWN ? `${text.slice(0, RUN_SHOWN)}…` : text;
    const data = count === 1 && text.length <= RUN_SHOWN ? h("code", {}, shown) : opened(shown, run.events);
    return h("tr", {},
      h("td", {}, seconds(run.events[0].at_ms)), h("td", {}, name), h("td", {}, data),
      h("td", {}, count > 1 ? `${run.from}–${run.from + count - 1}` : String(run.from)));
  });
  return [h("table", { class: "events" },
    h("thead", {}, h("tr", {}, ...["When", "Event", "Data", "#"].map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, ...body))];
}

/** @param {string} shown @param {any[]} list */
function opened(shown, list) {
  const details = h("details", {}, h("summary", {}, shown));
  details.ontoggle = () => {
    if (details.open && details.children.length === 1) {
      details.append(h("pre", { tabIndex: 0 }, list.map((event) => event.data).join("\n")));
    }
  };
  return details;
}

/** @param {any} event */
function textOf(event) {
  if (event.event !== "text") return event.data;
  try {
    return JSON.parse(event.data).text ?? event.data;
  } catch {
    return event.data;
  }
}

/** @param {any} kept @returns {Element[]} */
const request = (kept) => [code(JSON.stringify(kept.request, null, 2), "Request")];
/** @param {any} kept @returns {Element[]} */
const raw = (kept) => [code(kept.raw, "Raw answer")];

/** @param {any} kept @returns {Element[]} */
function upstream(kept) {
  if (!kept.calls.length) return [h("p", { class: "none" }, "This turn called no other bot.")];
  return kept.calls.map((/** @type {any} */ call) => h("section", {},
    h("h3", {}, `${call.bot} · ${call.mode} · ${seconds(call.total_ms)}`),
    h("h4", {}, "Sent"), code(JSON.stringify(call.request, null, 2), `Sent to ${call.bot}`),
    h("h4", {}, "Answered"), code(call.error ?? call.text, `Answer of ${call.bot}`)));
}

/** @param {string} text @param {string} label */
function code(text, label) {
  const copy = h("button", { type: "button", class: "small" }, "Copy");
  copy.onclick = async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
  };
  return h("div", { class: "code" }, copy, h("pre", { tabIndex: 0, "aria-label": label }, text));
}
