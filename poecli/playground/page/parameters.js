// The bot's parameter controls, as Poe shows them; only what the author touched is sent.

import { byId, h } from "./dom.js";

/** @type {Record<string, (a: any, b: any) => boolean>} */
const COMPARE = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
};

export class Parameters {
  constructor() {
    /** @type {Record<string, any>} */ this.defaults = {};
    /** @type {Record<string, any>} */ this.touched = {};
    /** @type {[Element, any][]} */ this.conditions = [];
    this.shown = "";
    byId("as-the-api").onchange = () => this.changed();
  }

  /** @param {any} declared the bot's `parameter_controls` */
  show(declared) {
    const described = JSON.stringify(declared ?? null);
    if (described === this.shown) return;
    this.shown = described;
    this.defaults = {};
    this.touched = {};
    this.conditions = [];
    const sections = declared?.sections ?? [];
    byId("parameters").hidden = !sections.length;
    byId("parameters").open = sections.length > 0;
    byId("controls").replaceChildren(...sections.map((/** @type {any} */ each) => this.section(each)));
    this.changed();
  }

  /** What to send with a question. @returns {Record<string, any>} */
  toSend() {
    return byId("as-the-api").checked ? {} : { ...this.touched };
  }

  /** @param {any} section */
  section(section) {
    const inner = section.tabs ? this.tabs(section.tabs) : this.controls(section.controls ?? []);
    if (!section.name) return h("div.section", {}, ...inner);
    return h("details.section", { open: !section.collapsed_by_default },
      h("summary", {}, section.name), ...inner);
  }

  /** @param {any[]} tabs */
  tabs(tabs) {
    const panels = tabs.map((tab, at) => h("div", { role: "tabpanel", hidden: at > 0 },
      ...this.controls(tab.controls)));
    /** @type {any[]} */
    const buttons = tabs.map((tab, at) => h("button",
      { role: "tab", "aria-selected": String(at === 0), tabIndex: at ? -1 : 0 },
      tab.name || `Tab ${at + 1}`));
    tabList(buttons, (chosen) => panels.forEach((panel, at) => { panel.hidden = at !== chosen; }));
    return [h("div", { role: "tablist", class: "tabs" }, ...buttons), ...panels];
  }

  /** @param {any[]} controls @returns {Element[]} */
  controls(controls) {
    return controls.map((control) => {
      if (control.control === "divider") return h("hr");
      if (control.control === "condition") {
        const box = h("div.section", {}, ...this.controls(control.controls));
        this.conditions.push([box, control.condition]);
        return box;
      }
      return this.labelled(control);
    });
  }

  /** @param {any} control */
  labelled(control) {
    const name = control.parameter_name;
    this.defaults[name] ??= control.default_value ?? EMPTY[control.control]?.(control);
    const make = MAKE[control.control];
    if (!make) return h("p.warn", {}, `Unknown control ${control.control}`);
    const sent = h("span.sent");
    const input = make(control, this.defaults[name], (/** @type {any} */ value) => {
      this.touched[name] = value;
      sent.textContent = "sent";
      this.changed();
    });
    const label = [control.label || name, " ", sent];
    const help = control.description && h("span.quiet", {}, control.description);
    if (input.getAttribute("role") === "radiogroup") {
      input.setAttribute("aria-label", control.label || name);
      return h("div.control", {}, h("span", {}, ...label), input, help);
    }
    return h("label.control", {}, h("span", {}, ...label), input, help);
  }

  changed() {
    const values = { ...this.defaults, ...this.touched };
    /** @param {any} side */
    const value = (side) => ("literal" in side ? side.literal : values[side.parameter_name]);
    for (const [box, condition] of this.conditions) {
      const compare = COMPARE[condition.comparator] ?? COMPARE.eq;
      /** @type {any} */ (box).hidden = !compare(value(condition.left), value(condition.right));
    }
    const count = Object.keys(this.toSend()).length;
    byId("touched").textContent = `${count} of ${Object.keys(this.defaults).length} sent`;
  }
}

/** @type {Record<string, (control: any) => any>} */
const EMPTY = {
  toggle_switch: () => false,
  slider: (control) => control.min_value,
};

/** @type {Record<string, (control: Control, value: any, changed: (value: any) => void) => any>} */
const MAKE = {
  text_field: (control, value, changed) => h("input",
    { value: value ?? "", placeholder: control.placeholder ?? "", oninput: change((input) => input.value, changed) }),
  text_area: (control, value, changed) => h("textarea",
    { value: value ?? "", rows: 2, placeholder: control.placeholder ?? "", oninput: change((input) => input.value, changed) }),
  drop_down: (control, value, changed) => h("select",
    { onchange: change((input) => input.value, changed) },
    ...control.options.map((option) => h("option",
      { value: option.value, selected: option.value === value }, option.name))),
  toggle_switch: (_control, value, changed) => h("input",
    { type: "checkbox", role: "switch", checked: Boolean(value), onchange: change((input) => input.checked, changed) }),
  slider: (control, value, changed) => {
    const shown = h("output", {}, String(value));
    const range = h("input", {
      type: "range", min: control.min_value, max: control.max_value, step: control.step,
      "aria-label": control.label || control.parameter_name,
      oninput: change((input) => { shown.textContent = input.value; return Number(input.value); }, changed),
    });
    range.value = String(value); // after min, max and step, which would bend it
    return h("span.slider", {}, range, shown);
  },
  aspect_ratio: (control, value, changed) => {
    const group = h("span", { role: "radiogroup", class: "ratios" });
    for (const option of control.options) {
      const ratio = option.value ?? `${option.width}:${option.height}`;
      group.append(h("label", {}, h("input", {
        type: "radio", name: control.parameter_name, value: ratio, checked: ratio === value,
        onchange: change(() => ratio, changed),
      }), ratio));
    }
    return group;
  },
};

/** @param {(input: any) => any} read @param {(value: any) => void} changed */
function change(read, changed) {
  return (/** @type {Event} */ event) => changed(read(event.target));
}

/**
 * Buttons of a tab list: one Tab stop, arrow keys between them.
 * @param {any[]} buttons @param {(at: number) => void} chosen
 */
export function tabList(buttons, chosen) {
  const choose = (/** @type {number} */ at) => {
    buttons.forEach((button, each) => {
      button.ariaSelected = String(each === at);
      button.tabIndex = each === at ? 0 : -1;
    });
    chosen(at);
  };
  buttons.forEach((button, at) => {
    button.onclick = () => choose(at);
    button.onkeydown = (/** @type {KeyboardEvent} */ event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = (at + step + buttons.length) % buttons.length;
      choose(next);
      buttons[next].focus();
      event.preventDefault();
    };
  });
  return choose;
}
