// What went over the wire in a turn: events, request, raw answer, and what was asked of other bots.

import { grouped, h, icon, pre, say, seconds, stepOf, table } from "./dom.js";

const OPENED = 100; // events of a run that are shown at once
const LINE = 200; // characters of an event in one line

/** @param {Kept} kept */
export function events(kept) {
  const rows = runs(kept.events).flatMap((run) => runRows(run));
  const shown = table(["When", "Event", "Data", "#"], rows);
  shown.className = "events";
  shown.onkeydown = openByArrows;
  return [shown, ...player(kept)];
}

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
function runRows({ name, from, events: list }) {
  if (list.length === 1) return [eventRow(list[0], from, "")];
  const text = list.map(textOf).join(name === "text" ? "" : ", ");
  return [opening(list[0].at_ms, `${name} × ${grouped(list.length)}`, text, `${from}–${from + list.length - 1}`,
    () => more(list, from))];
}

/** The first hundred of a run, and a row that has the rest. @param {any[]} list @param {number} from */
function more(list, from) {
  const rows = list.slice(0, OPENED).map((event, at) => eventRow(event, from + at, "of-run"));
  if (list.length > OPENED) {
    const rest = h("button.small", `${grouped(list.length - OPENED)} more`);
    const row = h("tr.of-run", h("td"), h("td", rest), h("td"), h("td"));
    rest.onclick = () => {
      const added = more(list.slice(OPENED), from + OPENED);
      row.replaceWith(...added);
      added[0].querySelector("button")?.focus();
    };
    rows.push(row);
  }
  return rows;
}

/** @param {any} event @param {number} number @param {string} kind */
const eventRow = (event, number, kind) => opening(event.at_ms, event.event, event.data, String(number),
  () => [h("tr.of-run", h("td"), h("td", { colSpan: 3 }, code(pretty(event.data), `Event ${number}`)))], kind);

/** A row that opens: `make` gives what comes under it. @param {number} at @param {string} name @param {string} text @param {string} numbers @param {() => Element[]} make @param {string} [kind] */
function opening(at, name, text, numbers, make, kind = "") {
  /** @type {Element[]} */ let shown = [];
  const button = h("button.open", { ariaExpanded: "false" }, name);
  const row = h(`tr.${kind}`,
    h("td", seconds(at)), h("td", button),
    h("td", h("code.line-of", text.length > LINE ? `${text.slice(0, LINE)}…` : text)),
    h("td", numbers));
  button.onclick = () => {
    const opens = button.ariaExpanded === "false";
    button.ariaExpanded = String(opens);
    if (opens) row.after(...(shown = make()));
    // What was opened within goes with it.
    else for (let next = row.nextElementSibling; next?.classList.contains("of-run"); next = row.nextElementSibling) {
      if (kind && !shown.includes(next)) break;
      next.remove();
    }
  };
  return row;
}

/** Right and left open and close an event; up and down go to the next one. @param {KeyboardEvent} event */
function openByArrows(event) {
  const button = /** @type {HTMLElement} */ (event.target);
  if (!button.matches("button.open")) return;
  const isOpen = button.ariaExpanded === "true";
  const step = stepOf(event);
  if (step) {
    const all = [.../** @type {Element} */ (event.currentTarget).querySelectorAll("button.open")];
    /** @type {HTMLElement | undefined} */ (all[all.indexOf(button) + step])?.focus();
  } else if (event.key === (isOpen ? "ArrowLeft" : "ArrowRight")) button.click();
  else return;
  event.preventDefault();
}

// --- an answer played back ---

/** @param {Kept} kept */
function player(kept) {
  const played = kept.events.filter((event) => ["text", "replace_response"].includes(event.event));
  const box = h("div.played", { hidden: true, tabIndex: 0, role: "region", ariaLabel: "The answer at its own pace" });
  const word = h("span", "Play at its own pace");
  const button = h("button.small", icon("play"), word);
  let timer = 0;
  const stop = () => {
    clearTimeout(timer);
    timer = 0;
    word.textContent = "Play at its own pace";
  };
  button.onclick = () => {
    if (timer) return stop();
    box.hidden = false;
    box.textContent = "";
    word.textContent = "Stop";
    const began = performance.now();
    let at = 0;
    const go = () => {
      while (at < played.length && played[at].at_ms <= performance.now() - began) {
        if (played[at].event === "replace_response") box.textContent = "";
        box.append(textOf(played[at++]));
      }
      if (at === played.length || !box.isConnected) stop();
      else timer = setTimeout(go, Math.max(0, played[at].at_ms - (performance.now() - began)));
    };
    go();
  };
  const size = new TextEncoder().encode(kept.raw).length;
  return [h("p.under", played.length && button, h("span.quiet", `${grouped(size)} bytes on the wire`)), box];
}

/** An answer's Markdown. @param {Kept} kept */
export const answerText = (kept) => kept.events.reduce((/** @type {string} */ text, /** @type {any} */ event) =>
  (event.event === "text" ? text + textOf(event) : event.event === "replace_response" ? textOf(event) : text), "");

/** @param {any} event */
function textOf(event) {
  try {
    const { text } = JSON.parse(event.data);
    return typeof text === "string" ? text : event.data;
  } catch {
    return event.data;
  }
}

/** @param {string} data */
function pretty(data) {
  try {
    return JSON.stringify(JSON.parse(data), null, 2);
  } catch {
    return data;
  }
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
  /** @param {number} side @param {string} tag */
  const text = (side, tag) => call.prompt.map((part) =>
    (part[0] === part[1] ? part[side] : part[side] && h(tag, part[side])));
  return [h("div.sides",
    h("div", h("h4", "Received"), pre("Prompt received", ...text(0, "del"))),
    h("div", h("h4", "Sent on"), pre(`Prompt sent to ${call.bot}`, ...text(1, "ins"))))];
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
