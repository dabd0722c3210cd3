// @Name in a question: the bots that can be asked, suggested while it is typed.
// A textarea may not have the role of a combobox itself.

import { byId, h } from "./dom.js";
import { Options } from "./lists.js";

/** @param {() => {name: string, words: string, kind: string}[]} bots that can be asked now */
export function suggestNames(bots) {
  const input = byId("question");
  const options = new Options(input, byId("mention"),
    (bot) => [h("b", bot.name), " ", h(`span.quiet.${bot.kind}`, bot.words)],
    (bot) => {
      const { value, selectionStart: end } = input;
      input.setRangeText(`${bot.name} `, value.lastIndexOf("@", end - 1) + 1, end, "end");
      options.show([]);
      input.focus();
    });

  input.addEventListener("input", () => {
    const before = input.value.slice(0, input.selectionStart);
    const typed = /(?:^|\s)@(\S*)$/.exec(before)?.[1].toLowerCase();
    /** Those that begin with it come first. @param {{name: string}} bot */
    const place = (bot) => bot.name.toLowerCase().indexOf(typed ?? "") > 0 ? 1 : 0;
    const found = typed === undefined ? [] : bots().filter((bot) => bot.name.toLowerCase().includes(typed));
    options.show(found.sort((a, b) => place(a) - place(b)));
  });
  input.addEventListener("blur", () => options.show([]));
  input.addEventListener("keydown", (event) => {
    if (!options.items.length || event.isComposing) return;
    if (event.key === "Escape") options.show([]);
    else if (event.key === "Tab") options.take(options.items[options.at]);
    else if (!options.key(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
}
