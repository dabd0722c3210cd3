// The bot's parameter controls, as Poe shows them; only what the author touched is sent.

import { byId, h } from "./dom.js";
import { tabList } from "./lists.js";

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
  /** @type {Payload} */ defaults = {};
  /** @type {Payload} */ touched = {};
  /** @type {[Part, any][]} */ conditions = [];

  constructor() {
    /** @type {any[]} */ this.sections = [];
    this.shown = "";
    byId("as-the-api").onchange = () => this.changed();
    byId("reset").onclick = () => {
      this.reset();
      byId("parameters").querySelector("summary")?.focus();
    };
  }

  /** @param {any} declared the bot's `parameter_controls` */
  show(declared) {
    const described = JSON.stringify(declared ?? null);
    if (described === this.shown) return;
    this.shown = described;
    this.sections = declared?.sections ?? [];
    byId("parameters").hidden = !this.sections.length;
    byId("parameters").open = innerWidth > 640;
    this.reset();
  }

  /** As if none had been touched. */
  reset() {
    this.defaults = {};
    this.touched = {};
    this.conditions = [];
    byId("controls").replaceChildren(...this.sections.map((each) => this.section(each)));
    this.changed();
  }

  /** What to send with a question. @returns {Payload} */
  toSend() {
    return byId("as-the-api").checked ? {} : { ...this.touched };
  }

  /** @param {any} section */
  section(section) {
    const inner = section.tabs ? this.tabs(section.tabs) : this.controls(section.controls ?? []);
    if (!section.name) return h("div.section", ...inner);
    return h("details.section", { open: !section.collapsed_by_default },
      h("summary", section.name), ...inner);
  }

  /** @param {any[]} tabs */
  tabs(tabs) {
    const panels = tabs.map((tab) => h("div", { role: "tabpanel" }, ...this.controls(tab.controls)));
    const buttons = tabs.map((tab, at) => h("button", { role: "tab" }, tab.name || `Tab ${at + 1}`));
    const choose = tabList(buttons, (chosen) => panels.forEach((panel, at) => { panel.hidden = at !== chosen; }));
    choose(0);
    return [h("div.tabs", { role: "tablist" }, ...buttons), ...panels];
  }

  /** @param {any[]} controls @returns {Element[]} */
  controls(controls) {
    return controls.map((control) => {
      if (control.control === "divider") return h("hr");
      if (control.control === "condition") {
        const box = h("div.section", ...this.controls(control.controls));
        this.conditions.push([box, control.condition]);
        return box;
      }
      return this.labelled(control);
    });
  }

  /** @param {Control} control */
  labelled(control) {
    const name = control.parameter_name;
    this.defaults[name] ??= control.default_value ?? control.min_value ?? (control.control === "toggle_switch" ? false : undefined);
    const make = MAKE[control.control];
    if (!make) return h("p.warn", `Unknown control ${control.control}`);
    const sent = h("span.sent");
    const input = make(control, this.defaults[name]);
    input.oninput = (event) => {
      this.touched[name] = valueOf(/** @type {HTMLInputElement} */ (event.target));
      sent.textContent = "sent";
      this.changed();
    };
    if (input.role) input.ariaLabel = control.label || name;
    return h(input.role ? "div.control" : "label.control", h("span", control.label || name, " ", sent), input,
      control.description && h("span.quiet", control.description));
  }

  changed() {
    const values = { ...this.defaults, ...this.touched };
    /** @param {any} side */
    const value = (side) => ("literal" in side ? side.literal : values[side.parameter_name]);
    for (const [box, condition] of this.conditions) {
      const compare = COMPARE[condition.comparator] ?? COMPARE.eq;
      box.hidden = !compare(value(condition.left), value(condition.right));
    }
    byId("reset").hidden = !Object.keys(this.touched).length;
    byId("touched").textContent = `${Object.keys(this.toSend()).length} of ${Object.keys(this.defaults).length} sent`;
  }
}

/** @param {HTMLInputElement} input */
const valueOf = (input) => (input.type === "checkbox" ? input.checked : input.type === "range" ? input.valueAsNumber : input.value);

/** @type {Record<string, (control: Control, value: any) => Part>} */
const MAKE = {
  text_field: ({ placeholder }, value) => h("input", { value: value ?? "", placeholder: placeholder ?? "" }),
  text_area: ({ placeholder }, value) => h("textarea", { value: value ?? "", rows: 2, placeholder: placeholder ?? "" }),
  drop_down: ({ options }, value) => h("select", ...options.map((option) =>
    h("option", { value: option.value, selected: option.value === value }, option.name))),
  toggle_switch: (_control, value) => h("input", { type: "checkbox", role: "switch", checked: Boolean(value) }),
  slider: ({ min_value: min, max_value: max, step, label, parameter_name: name }, value) => {
    const shown = h("output", String(value));
    const range = h("input", { type: "range", min, max, step: step ?? 1, ariaLabel: label || name });
    range.value = String(value); // after min, max and step, which would bend it
    range.addEventListener("input", () => { shown.textContent = range.value; });
    return h("span.slider", range, shown);
  },
  aspect_ratio: ({ options, parameter_name: name }, chosen) => h("span.ratios", { role: "radiogroup" },
    ...options.map(({ value, width, height }) => value ?? `${width}:${height}`).map((value) =>
      h("label", h("input", { type: "radio", name, value, checked: value === chosen }), value))),
};
