// What went over the wire in a turn: events, request, raw answer, and what was asked of other bots.

import { grouped, h, icon, marked, parsed, pre, say, seconds, stepOf } from "./dom.js";

const OPENED = 100; // events of a run that are shown at once
const LINE = 200; // characters of an event in one line
const PLAY = "Play at its own pace";

/** @param {Kept} kept */
export const events = (kept) => [h("div.events", { onkeydown: openByArrows },
  h("p", ...["When", "Event", "Data", "#"].map((head) => h("span", head))), ...runs(kept.events).map(runRow)), ...player(kept)];

/** Neighbours of one name. @param {any[]} list */
function runs(list) {
  /** @type {{name: string, from: number, events: any[]}[]} */ const found = [];
  list.forEach((event, at) => {
    const last = found.at(-1);
    if (last && last.name === event.event) last.events.push(event);
    else found.push({ name: event.event, from: at + 1, events: [event] });
  });
  return found;
}

/** @param {{name: string, from: number, events: any[]}} run */
function runRow({ name, from, events: list }) {
  if (list.length === 1) return eventRow(list[0], from);
  const text = list.map(textOf).join(name === "text" ? "" : ", ");
  return opening(list[0].at_ms, `${name} × ${grouped(list.length)}`, text, `${from}–${from + list.length - 1}`,
    () => more(list, from));
}

/** The first hundred of a run, and a button that has the rest. @param {any[]} list @param {number} from @returns {Part[]} */
function more(list, from) {
  const rows = list.slice(0, OPENED).map((event, at) => eventRow(event, from + at));
  if (list.length <= OPENED) return rows;
  const rest = h("button.small", { onclick: () => {
    const added = more(list.slice(OPENED), from + OPENED);
    rest.replaceWith(...added);
    added[0].querySelector("summary")?.focus();
  } }, `${grouped(list.length - OPENED)} more`);
  return [...rows, rest];
}

/** @param {any} event @param {number} number */
const eventRow = (event, number) => opening(event.at_ms, event.event, event.data, String(number),
  () => [code(pretty(event.data), `Event ${number}`)]);

/** A row that opens: `make` gives what is in it then. @param {number} at @param {string} name @param {string} text @param {string} numbers @param {() => Part[]} make */
function opening(at, name, text, numbers, make) {
  const within = h("div.within");
  return h("details", { ontoggle: ({ target }) => within.replaceChildren(...(/** @type {Part} */ (target).open ? make() : [])) },
    h("summary", h("span", seconds(at)), h("span.name", name),
      h("code", text.length > LINE ? `${text.slice(0, LINE)}…` : text), h("span", numbers)), within);
}

/** Right and left open and close an event; up and down go to the next one. @param {KeyboardEvent} event */
function openByArrows(event) {
  const summary = /** @type {HTMLElement} */ (event.target);
  if (!summary.matches("summary")) return;
  const isOpen = summary.matches("[open] > summary");
  const step = stepOf(event);
  if (step) {
    const all = [.../** @type {Part} */ (event.currentTarget).querySelectorAll("summary")];
    all[all.indexOf(summary) + step]?.focus();
  } else if (event.key === (isOpen ? "ArrowLeft" : "ArrowRight")) summary.click();
  else return;
  event.preventDefault();
}

// --- an answer played back ---

/** @param {Kept} kept */
function player(kept) {
  const played = kept.events.filter((event) => ["text", "replace_response"].includes(event.event));
  const box = h("div.played", { hidden: true, tabIndex: 0, role: "region", ariaLabel: "The answer at its own pace" });
  const word = h("span", PLAY);
  let run = 0;
  const button = h("button.small", { onclick: async () => {
    const mine = ++run;
    const stops = word.textContent !== PLAY;
    word.textContent = stops ? PLAY : "Stop";
    if (stops) return;
    box.hidden = false;
    box.textContent = "";
    const began = performance.now();
    for (const event of played) {
      const wait = event.at_ms - (performance.now() - began);
      if (wait > 0) await new Promise((go) => { setTimeout(go, wait); });
      if (run !== mine || !box.isConnected) return;
      if (event.event === "replace_response") box.textContent = "";
      box.append(textOf(event));
    }
    word.textContent = PLAY;
  } }, icon("play"), word);
  const size = new TextEncoder().encode(kept.raw).length;
  return [h("p.under", played.length && button, h("span.quiet", `${grouped(size)} bytes on the wire`)), box];
}

/** @param {any} event */
function textOf({ data }) {
  const text = parsed(data)?.text;
  return typeof text === "string" ? text : data;
}

/** @param {string} data */
function pretty(data) {
  const value = parsed(data);
  return value === undefined ? data : JSON.stringify(value, null, 2);
}

// --- the rest ---

/** @param {Kept} kept */
export const request = (kept) => [
  kept.raw_request ? code(kept.raw_request, "Request as it came") : h("p.none", "Its bytes are not kept, only its JSON."),
  h("h3", "Its JSON"), code(JSON.stringify(kept.request, null, 2), "Request as JSON")];
/** @param {Kept} kept */
export const raw = (kept) => [code(kept.raw, "Raw answer")];

/** @param {Kept} kept */
export function upstream(kept) {
  if (!kept.calls.length) return [h("p.none", "This turn called no other bot.")];
  return kept.calls.map((call) => h("section", h("h3", `${call.bot} · ${call.mode} · ${seconds(call.total_ms)}`),
    ...promptDiff(call),
    h("h4", "Answered"), code(call.error ?? call.text, `Answer of ${call.bot}`)));
}

/** What the bot was asked beside what it asked. @param {KeptCall} call */
function promptDiff(call) {
  if (call.prompt.every(([received, sent]) => received === sent)) {
    return [h("p.quiet", "Sent on as it came."), code(call.prompt.map((part) => part[1]).join(""), `Sent to ${call.bot}`)];
  }
  return [h("div.sides",
    h("div", h("h4", "Received"), pre("Prompt received", ...marked(call.prompt, 0))),
    h("div", h("h4", "Sent on"), pre(`Prompt sent to ${call.bot}`, ...marked(call.prompt, 1))))];
}

/** @param {string} text @param {string} label */
const code = (text, label) => h("div.code", copyButton(() => text, label), pre(label, text));

/** @param {() => string} text @param {string} label what is copied */
export const copyButton = (text, label) =>
  h("button.small", { ariaLabel: `Copy: ${label}`, onclick: () => copy(text(), label) }, icon("copy"), "Copy");

/** @param {string} text @param {string} label */
export async function copy(text, label) {
  await navigator.clipboard.writeText(text);
  say(`Copied: ${label}.`);
}
