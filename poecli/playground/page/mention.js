// @Name in a question: the bots that can be asked, suggested while it is typed.
// A textarea may not have the role of a combobox itself.

import { byId, chooseOption, h, stepOf } from "./dom.js";

export class Mention {
  /** @param {() => {name: string, words: string, kind: string}[]} bots that can be asked now */
  constructor(bots) {
    this.bots = bots;
    this.input = byId("question");
    this.list = byId("mention");
    /** @type {any[]} */ this.found = [];
    this.at = 0;
    this.input.setAttribute("aria-autocomplete", "list");
    this.input.setAttribute("aria-controls", "mention");
    this.input.addEventListener("input", () => this.look());
    this.input.addEventListener("blur", () => this.show([]));
    this.input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.key(event), true);
  }

  look() {
    const before = this.input.value.slice(0, this.input.selectionStart);
    const typed = /(?:^|\s)@(\S*)$/.exec(before)?.[1].toLowerCase();
    const found = typed === undefined ? [] : this.bots().filter((bot) => bot.name.toLowerCase().includes(typed));
    found.sort((a, b) => Number(b.name.toLowerCase().startsWith(typed ?? "")) - Number(a.name.toLowerCase().startsWith(typed ?? "")));
    this.show(found);
  }

  /** @param {any[]} found */
  show(found) {
    this.found = found;
    this.list.hidden = !found.length;
    this.list.replaceChildren(...found.map((bot, at) => h("li", {
      id: `mention-${at}`, role: "option",
      onmousedown: (/** @type {Event} */ event) => { event.preventDefault(); this.take(at); },
    }, h("b", {}, bot.name), " ", h("span", { class: `quiet ${bot.kind}` }, bot.words))));
    this.choose(0);
  }

  /** @param {number} at */
  choose(at) {
    this.at = at;
    chooseOption(this.input, this.list, at);
  }

  /** @param {number} at */
  take(at) {
    const { value, selectionStart: end } = this.input;
    this.input.setRangeText(`${this.found[at].name} `, value.lastIndexOf("@", end - 1) + 1, end, "end");
    this.show([]);
    this.input.focus();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!this.found.length || event.isComposing) return;
    const step = stepOf(event);
    if (step) this.choose((this.at + step + this.found.length) % this.found.length);
    else if (event.key === "Enter" || event.key === "Tab") this.take(this.at);
    else if (event.key === "Escape") this.show([]);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}
