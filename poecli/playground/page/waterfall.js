// When what happened in a turn: a table in words, drawn beside them.

import { counted, h, parsed, seconds, svg } from "./dom.js";
import { notesOf } from "./rail.js";

const MOST_COLUMNS = 900; // of ticks: no screen shows more apart
const MOST_LINES = 8; // that the bot printed, a row each
const STEPS = [1, 2, 2.5, 5, 10];

/**
 * @param {Turn} turn as the feed tells it
 * @param {Kept} kept all of it, once it is over
 * @returns {{axis: Element, rows: Element[]}}
 */
export function waterfall(turn, kept) {
  const ends = [turn.total_ms, ...turn.ticks, ...turn.calls.map((call) => call.to_ms),
    ...turn.notes.map((note) => note.at_ms)].filter((ms) => ms !== null);
  const grid = scale(Math.max(1, ...ends));
  const whole = grid[grid.length - 1];
  const stalls = notesOf(turn, "stall");
  const rows = [...answerRows(turn, kept, whole), ...callRows(turn, kept, whole), ...noteRows(turn, kept, whole)];
  return { axis: axis(grid, whole), rows: rows.map((row) => drawn(row, grid, whole, stalls)) };
}

/** From 0 to the next round figure above the end, in four or five steps. @param {number} end */
function scale(end) {
  const unit = 10 ** Math.floor(Math.log10(end / 4));
  const step = unit * (STEPS.find((each) => unit * each * 4 >= end) ?? 10);
  return Array.from({ length: Math.ceil(end / step) + 1 }, (_, number) => number * step);
}

/** With all its digits: a tick stands where it says. @param {number} ms */
const exact = (ms) => (ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : `${Number((ms / 1000).toPrecision(3))} s`);

/** @param {number[]} grid @param {number} whole */
function axis(grid, whole) {
  return svg("svg", { "aria-hidden": "true" }, ...grid.map((at) =>
    text(`${(at / whole) * 100}%`, at ? exact(at) : "0", at === 0 ? "start" : at === whole ? "end" : "middle")));
}

// --- the rows ---

/** @type {WaterfallRows} */
function answerRows(turn, kept, whole) {
  const { first_ms: first, total_ms: total } = turn;
  const times = kept?.events?.map((event) => event.at_ms) ?? turn.ticks;
  const until = total ?? whole;
  return [
    ...moments("Request", [{ at_ms: 0 }], turn.kind, kept?.request ? bytes(JSON.stringify(kept.request).length) : ""),
    ...(first === null ? [] : [{
      ...moments("First event", [{ at_ms: first }], kept?.events?.[0]?.event ?? "", seconds(first))[0],
      marks: [line(0, first), dot(first)],
    }]),
    {
      what: "Answer", marks: [line(first ?? 0, until), ticks(times, whole, 6, 8), ...(total === null ? [] : [dot(total)])],
      words: [], value: counted(turn.events, "event"),
      said: `from ${seconds(first ?? 0)} to ${total === null ? "now" : seconds(until)}, ${counted(turn.characters, "character")}`,
    },
  ];
}

/** @type {WaterfallRows} */
function callRows(turn, kept, whole) {
  const left = [...(kept?.calls ?? [])];
  return turn.calls.map((call) => {
    // Kept calls stand in the order of their ends, and have the times of each event.
    const at = left.findIndex((each) => each.bot === call.bot && Math.abs(each.at_ms - call.from_ms) < 250);
    const times = at < 0 ? [] : left.splice(at, 1)[0].events.map((event) => event.at_ms);
    const [from, to] = [call.from_ms, call.to_ms ?? whole];
    const first = times.length ? Math.min(to, times[0]) : from;
    const count = counted(call.events, "event");
    const mode = call.mode.split(/[:,]/)[0];
    return {
      what: call.bot, mode,
      marks: [rect("wait", from, first), rect("bar", first, to), ticks(times, whole, 10, 6, "onbar")],
      words: [[to, call.error ?? (call.to_ms === null ? "" : count), Math.min(from, first)]],
      value: call.to_ms === null ? "running" : seconds(to - from),
      said: `from ${seconds(from)} to ${seconds(to)}, first event at ${seconds(first)}, ${count}`,
      kind: call.error ? "bad" : mode,
    };
  });
}

/** @type {WaterfallRows} */
function noteRows(turn, kept) {
  const of = (/** @type {string} */ kind) => notesOf(turn, kind);
  const prints = of("print");
  const more = prints.splice(MOST_LINES);
  const costs = [...of("authorize"), ...of("capture")];
  const files = filesOf(kept);
  return [
    ...prints.flatMap((note) => moments("Print", [note], note.text, note.stream === "stdout" ? "" : note.stream)),
    ...moments("Print", more, `${counted(more.length, "line")} more`),
    ...of("stall").map((note) => ({
      what: "Stall", marks: [rect("bar", note.at_ms - note.ms, note.at_ms)], value: note.place, kind: "warn",
      words: [[note.at_ms, `${seconds(note.ms)}, loop blocked`, note.at_ms - note.ms]],
      said: `from ${seconds(note.at_ms - note.ms)} to ${seconds(note.at_ms)}, loop blocked`,
    })),
    ...(costs.length ? [costRow(costs)] : []),
    ...moments("Files", files, files.map(nameIn).join(", "), String(files.length)),
    ...of("fault").flatMap((note) => moments("Fault", [note], note.text, "", "warn")),
    ...of("rule").flatMap((note) => moments("Rule", [note], note.rule, "", note.level === "error" ? "bad" : "warn")),
    ...of("raised").flatMap((note) => moments("Raised", [note], note.text, note.place ?? "", "bad")),
  ];
}

/** One row for them, none for none. @param {string} what @param {Payload[]} notes @param {string} words @param {string} [value] @param {string} [kind] @returns {WaterfallRow[]} */
const moments = (what, notes, words, value = "", kind = "") => notes.slice(0, 1).map(({ at_ms: at }) => ({
  what, marks: notes.map((note) => dot(note.at_ms)), words: [[at, words]], value, kind, said: `at ${seconds(at)}: ${words}`,
}));

/** @param {any[]} costs authorized first */
function costRow(costs) {
  const words = costs.map((note) => [note.at_ms, `${note.kind} ${cents(note.amount)}`]);
  const captured = costs.filter((note) => note.kind === "capture" && note.ok);
  return {
    what: "Cost", words, kind: costs.every((note) => note.ok) ? "" : "bad",
    marks: [line(costs[0].at_ms, costs[costs.length - 1].at_ms),
      ...costs.map((note) => dot(note.at_ms, note.kind === "capture" ? "" : "hollow"))],
    value: cents(captured.reduce((sum, note) => sum + note.amount, 0)),
    said: words.map(([at, each]) => `${each} at ${seconds(at)}`).join(", "),
  };
}

/** The events of files. @param {Kept} kept */
export const filesOf = (kept) => (kept?.events ?? []).filter((event) => event.event === "file");

/** @param {Payload} event of a file */
const nameIn = ({ data }) => String(parsed(data)?.name ?? "?");

/** @param {number} amount in milli-cents of a US dollar */
export const cents = (amount) => `${(amount / 1000).toFixed(amount % 1000 ? 3 : 0)} ¢`;

/** @param {number} size */
const bytes = (size) => (size < 1000 ? `${size} B` : `${(size / 1000).toFixed(1)} kB`);

// --- how they are drawn: 1 unit is 1 ms, stretched to the width ---

/** @param {WaterfallRow} row @param {number[]} grid @param {number} whole @param {any[]} stalls */
function drawn(row, grid, whole, stalls) {
  const picture = svg("svg", { viewBox: `0 0 ${whole} 20`, preserveAspectRatio: "none", width: "100%", height: "100%" },
    ...stalls.map((note) => svg("rect", { class: "band", x: Math.max(0, note.at_ms - note.ms), width: note.ms, height: 20 })),
    svg("path", { class: "grid", d: grid.slice(1).map((at) => `M${at} 0v20`).join("") }),
    ...row.marks);
  // None on a bar that leaves no room: its value and its sentence say the same.
  const words = row.words.filter(([to, , from = to]) => to < whole * 0.6 || from > whole * 0.3).map(([to, what, from = to]) => {
    const isLate = to > whole * 0.6;
    return text(`${((isLate ? from : to) / whole) * 100}%`, what.slice(0, 60), isLate ? "end" : "start", isLate ? -7 : 7);
  });
  return h(`tr.${row.kind ?? ""}`,
    h("th", { scope: "row", title: row.what }, row.what, " ", row.mode && h(`span.mode.${row.mode}`, row.mode)),
    h("td", h("span.hidden", row.said),
      svg("svg", { class: "track", "aria-hidden": "true" }, picture, ...words)),
    h("td", { title: row.value }, row.value));
}

/** @param {string} x @param {string} words @param {string} anchor @param {number} [aside] */
function text(x, words, anchor, aside = 0) {
  const element = svg("text", { x, y: aside ? 14 : 0, dx: aside, "text-anchor": anchor });
  element.textContent = words;
  return element;
}

/** @param {number} at @param {string} [kind] */
const dot = (at, kind = "") => svg("path", { class: `dot ${kind}`, d: `M${at} 10h0` });
/** @param {number} from @param {number} to */
const line = (from, to) => svg("path", { class: "line", d: `M${from} 10H${to}` });
/** @param {string} kind @param {number} from @param {number} to */
const rect = (kind, from, to) => svg("rect", { class: kind, x: Math.max(0, from), y: 4, width: Math.max(0, to - Math.max(0, from)), height: 12 });

/** One path with at most a tick for each column. @param {number[]} times @param {number} whole @param {number} y @param {number} height @param {string} [kind] */
function ticks(times, whole, y, height, kind = "") {
  const columns = new Set(times.map((ms) => Math.round((ms / whole) * MOST_COLUMNS)));
  const d = [...columns].map((at) => `M${((at / MOST_COLUMNS) * whole).toFixed(1)} ${y}v${height}`).join("");
  return svg("path", { class: `ticks ${kind}`, d });
}
