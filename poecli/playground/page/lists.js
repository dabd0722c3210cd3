// Lists gone through by keys: of options, of tabs.

import { h, stepOf } from "./dom.js";

/** Options for an input that keeps the focus: https://www.w3.org/WAI/ARIA/apg/patterns/combobox/ */
export class Options {
  /**
   * @param {Part} input @param {Part} list
   * @param {(item: any) => (Node | string)[]} shown in its row
   * @param {(item: any) => unknown} take what was chosen
   */
  constructor(input, list, shown, take) {
    this.input = input;
    this.list = list;
    this.shown = shown;
    this.take = take;
    /** @type {any[]} */ this.items = [];
    this.at = 0;
  }

  /** @param {any[]} items */
  show(items) {
    this.items = items;
    this.list.hidden = !items.length;
    this.list.replaceChildren(...items.map((item, at) => h("li", {
      id: `${this.list.id}-${at}`, role: "option",
      onmousedown: (event) => { event.preventDefault(); this.take(item); },
    }, ...this.shown(item))));
    this.choose(0);
  }

  /** @param {number} at */
  choose(at) {
    this.at = at;
    for (const [each, option] of [...this.list.children].entries()) option.ariaSelected = String(each === at);
    const option = this.list.children[at];
    this.input.setAttribute("aria-activedescendant", option?.id ?? "");
    option?.scrollIntoView({ block: "nearest" });
  }

  /** Whether the key was for them. @param {KeyboardEvent} event */
  key(event) {
    const { items, at } = this;
    const step = stepOf(event);
    if (!items.length || event.isComposing) return false;
    if (step) this.choose((at + step + items.length) % items.length);
    else if (event.key === "Enter") this.take(items[at]);
    else return false;
    event.preventDefault();
    return true;
  }
}

/** Buttons of a tab list: one Tab stop, arrow keys between them. @param {Part[]} buttons @param {(at: number) => void} chosen */
export function tabList(buttons, chosen) {
  const choose = (/** @type {number} */ at) => {
    for (const [each, button] of buttons.entries()) {
      button.ariaSelected = String(each === at);
      button.tabIndex = each === at ? 0 : -1;
    }
    chosen(at);
  };
  for (const [at, button] of buttons.entries()) {
    button.onclick = () => choose(at);
    button.onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = (at + step + buttons.length) % buttons.length;
      choose(next);
      buttons[next].focus();
      event.preventDefault();
    };
  }
  return choose;
}
