// What stands around the text of a message: the question, files, the error seen from both sides.

import { get } from "./api.js";
import { h, icon, seconds } from "./dom.js";
import { marks, nameOf } from "./rail.js";
import { finding, isFinding } from "./turn.js";
import { copy, copyButton } from "./wire.js";

/** @param {Said} said @param {() => void} edit */
export function question(said, edit) {
  const parts = [
    ...said.files.map((each) => each.name),
    ...Object.entries(said.parameters).map(([name, value]) => `${name}=${JSON.stringify(value)}`),
  ];
  return h("div.you", h("p.text", { dir: "auto" }, said.text),
    parts.length && h("p.chips", ...parts.map((part) => h("span.chip", { dir: "auto" }, part))),
    iconButton("edit", "Edit this question and send again", edit));
}

/** @param {string} name @param {string} label @param {() => unknown} onclick */
const iconButton = (name, label, onclick) =>
  h("button.icon", { ariaLabel: label, title: label, onclick }, icon(name));

/** What the line under an answer is made of. @param {Said} said @param {Turn} turn */
export const metaKey = (said, turn) =>
  [said.state, turn && [turn.number, turn.generation, turn.first_ms, turn.state, turn.total_ms, marks(turn)]];

/** The line under an answer. @param {Said} said @param {Turn} turn @param {Record<string, (said: any) => unknown>} actions */
export function meta(said, turn, actions) {
  const runs = said.state === "running";
  const mark = turn && !runs && marks(turn);
  const acts = runs ? [] : [
    iconButton("copy", "Copy this answer", async () => copy((await get(`turns/${encodeURIComponent(said.id)}`)).text, "the answer")),
    iconButton("retry", "Retry: ask this again", () => actions.retry(said)),
  ];
  return h("div.meta", turn && h("button", { onclick: () => actions.show(turn) }, nameOf(turn)),
    turn && h("span", `gen ${turn.generation}`),
    turn?.first_ms && h("span", `first ${seconds(turn.first_ms)}`),
    runs ? h("span", "answering") : turn && h("span", seconds(turn.total_ms)),
    mark && h(`span.mark.${turn.state === "error" ? "bad" : "warn"}`, mark),
    h("span.acts", ...acts));
}

/** A file of the answer as a card, with its picture where it is one. @param {any} each @param {Element} answer */
export function file(each, answer) {
  const address = each.path || each.url;
  const isPicture = each.path && /^image\/(png|jpeg|gif|webp)$/i.test(each.content_type);
  if (isPicture && [...answer.querySelectorAll("img")].some((img) => img.getAttribute("src") === address)) return null;
  const card = h("p.file", icon("file"),
    h("span", { dir: "auto" }, h("b", each.name), h("span.quiet", each.content_type)),
    /^(https?:\/)?\//i.test(address)
      && h("a.button.small", { href: address, target: "_blank", rel: "noopener noreferrer" }, "Open"));
  if (!isPicture) return card;
  return h("figure.shown", h("img", { src: address, alt: each.name }), card);
}

/** What the user sees, and beside it what only the author does. @param {Said} said @param {Turn} turn @param {() => unknown} retry */
export function failure(said, turn, retry) {
  const { message, why, hint } = said.error;
  const notes = (turn?.notes ?? []).filter((note) => isFinding(note) && note.kind !== "stall");
  const only = [...notes.map((note) => finding(note, true)), ...[why, hint].filter(Boolean).map((text) => h("p.quiet", text))];
  return h(`div.pair.${only.length ? "two" : ""}`,
    h("div", { role: "group", ariaLabel: "What the user sees" },
      h("h3", "The user sees"), h("p", { dir: "auto" }, message),
      h("p", h("button.small", { onclick: retry }, icon("retry"), "Retry"))),
    only.length && h("div.only", { role: "group", ariaLabel: "What only you see" }, h("h3", "Only you see"), ...only));
}

/** Once the text is whole: code can be copied, and what scrolls sideways is reached by keyboard. @param {Element} answer */
export function settle(answer) {
  for (const code of answer.querySelectorAll("pre > code")) {
    if (code.previousElementSibling) continue;
    const language = /language-(\S+)/.exec(code.className)?.[1] ?? "";
    code.before(h("span.code-head", h("span", language), copyButton(() => code.textContent ?? "", "this code")));
  }
  for (const block of [...answer.children, ...answer.querySelectorAll("pre")]) {
    if (block.scrollWidth > block.clientWidth) /** @type {any} */ (block).tabIndex = 0;
  }
}
