// The local Poe as it is set, and setting it otherwise: upstream bots, faults, the balance.

import { get, post, tried } from "./api.js";
import { showArea } from "./areas.js";
import { register } from "./commands.js";
import { byId, counted, grouped, h, say, seconds } from "./dom.js";
import { SettingsPane } from "./settings.js";

const KINDS = ["mock", "script", "replay", "record", "live", "off"];
/** @type {Record<string, string>} what the text after the colon of a mode names */
const NAMED = { mock: "Shape", script: "File", replay: "File", record: "File", local: "Target" };
const WITH_LATENCY = ["mock", "script", "local", "replay"];
// A drawer under the turn, in a window with no room for both.
const LOW_DRAWER = "(min-width: 1080px) and (max-width: 1719px) and (max-height: 1000px)";
const SHOWN = 90; // characters of the last answer

/** Set an input, unless somebody is writing in it. @param {Part} input @param {unknown} value */
function fill(input, value) {
  if (document.activeElement !== input) input.value = String(value);
}

export class LocalPoe {
  constructor() {
    /** @type {Local} */ this.state = { bots: [], faults: {}, fault_names: {}, balance: {}, unwritten: [] };
    /** @type {Map<string, UpstreamRow>} */ this.rows = new Map();
    /** @type {Map<string, {on: Part, share: Part}>} */ this.switches = new Map();
    this.calls = 0;
    this.settings = new SettingsPane();
    this.summary = h("p.quiet");
    this.refused = h("p.warn", { role: "alert" });
    this.bots = h("ul.ups");
    this.none = h("p.none", "This bot has called no other bot, and poe.toml declares none.");
    this.faults = h("div.faults");
    this.balance = h("input.wide", { type: "number", min: 0, step: 1, onchange: () => this.set("balance", { balance: Number(this.balance.value) }) });
    this.points = h("span.quiet");
    this.write = h("button.small", { onclick: () => this.save() }, "Write to poe.toml");
    this.body = h("div.scroll", { id: "local-body", role: "region", tabIndex: 0, ariaLabel: "Upstream bots, faults, balance, settings" },
      h("h3", "Upstream bots ", h("span.quiet", "changes last until this poe dev ends")),
      this.none, this.bots,
      h("h3", "Balance"),
      h("p.row", h("label", "Users have ", this.balance, " milli-cents"), this.points),
      h("h3", "Faults"), this.faults,
      this.settings.element);
    this.fold = h("button", { ariaControlsElements: [this.body], onclick: () => this.folded(!this.body.hidden) }, "Local Poe");
    const close = h("button.icon.close", { ariaLabel: "Close local Poe" }, "×");
    this.leaves = h("span.leaves");
    byId("runs-on").after(this.leaves);
    byId("local").append(h("div.head", h("h2", this.fold), this.summary, this.write, close), this.refused, this.body);
    const low = matchMedia(LOW_DRAWER);
    low.onchange = () => this.folded(low.matches);
    this.folded(low.matches);
    register({ label: "Show the local Poe", keys: "l", cli: "poe dev --bot NAME=MODE --fault NAME --balance AMOUNT", run: () => this.focus() });
    register({ label: "Write what was changed to poe.toml", cli: "poe dev --save", can: () => this.state.unwritten.length, run: () => this.save() });
  }

  /** @param {boolean} shut */
  folded(shut) {
    this.body.hidden = shut;
    this.fold.ariaExpanded = String(!shut);
  }

  /** Unfold it, and go there. */
  focus() {
    this.folded(false);
    showArea("local");
    this.body.focus();
  }

  /** @param {Local} state as the feed tells it */
  show(state) {
    const calls = state.bots.reduce((sum, bot) => sum + bot.calls, 0);
    if (calls !== this.calls) this.settings.load();
    this.calls = calls;
    this.state = state;
    for (const id of ["local", "to-local"]) byId(id).hidden = false;
    for (const bot of state.bots) {
      const row = this.rows.get(bot.name) ?? new UpstreamRow(bot);
      if (!this.rows.has(bot.name)) this.bots.append(row.element);
      this.rows.set(bot.name, row);
      row.show(bot);
    }
    this.none.hidden = state.bots.length > 0;
    fill(this.balance, state.balance.amount);
    this.points.textContent = `about ${grouped(state.balance.points)} points`;
    this.showFaults(state);
    this.write.ariaDisabled = String(!state.unwritten.length);
    this.write.title = state.unwritten.length ? state.unwritten.join(", ") : "Nothing was changed here.";
    const live = state.bots.filter((bot) => ["live", "record"].includes(bot.kind)).length;
    this.leaves.textContent = live ? `${counted(live, "bot")} live: calls leave this machine` : "";
    const on = Object.keys(state.faults).length;
    this.summary.textContent = [
      counted(state.bots.length, "bot"),
      live && `${live} live`,
      on && `${counted(on, "fault")} on`,
      `${grouped(state.balance.points)} points`,
    ].filter(Boolean).join(", ");
  }

  /** @param {Local} state */
  showFaults({ faults, fault_names: names }) {
    if (!this.switches.size) {
      this.faults.append(this.faultsOf("What a bot asks of Poe", names.calls), this.faultsOf("How Poe asks the bot", names.delivery));
    }
    for (const [name, { on, share }] of this.switches) {
      on.checked = name in faults;
      share.hidden = !on.checked;
      if (on.checked) fill(share, faults[name]);
    }
  }

  /** @param {string} title @param {string[]} names */
  faultsOf(title, names) {
    const onchange = () => this.set("faults", { faults: [...this.switches].filter(([, { on }]) => on.checked)
      .map(([name, { share }]) => (share.value === "1" ? name : `${name}=${share.value}`)) });
    return h("fieldset", h("legend.quiet", title), ...names.map((name) => {
      const on = h("input", { type: "checkbox", role: "switch", onchange });
      const share = h("input", { type: "number", min: 0, max: 1, step: 0.1, value: "1", ariaLabel: `Share of calls that ${name} strikes`, onchange });
      this.switches.set(name, { on, share });
      return h("p.row", h("label", on, " ", name), share);
    }));
  }

  /** @param {string} path @param {object} body */
  set(path, body) {
    return tried(() => post(`local/${path}`, body), this.refused);
  }

  save() {
    if (!this.state.unwritten.length) return;
    tried(async () => {
      const { written } = await post("local/write");
      say(`Written: ${written.join(", ")}`);
    }, this.refused);
  }
}

/** One upstream bot. What is typed and not yet taken stays as it is when the state is told anew. */
class UpstreamRow {
  /** @param {any} bot */
  constructor(bot) {
    this.bot = bot;
    this.chosen = bot.kind;
    this.calls = h("span.quiet");
    this.last = h("p.quiet", { dir: "auto" });
    this.refused = h("p.warn", { role: "alert" });
    this.named = h("input", { type: "text", size: 16, spellcheck: false });
    this.namedLabel = h("span");
    this.delay = h("input", { type: "number", min: 0, step: 0.1 });
    this.pace = h("input", { type: "text", inputMode: "decimal", size: 8 });
    this.argument = h("label", this.namedLabel, " ", this.named);
    this.latency = h("span.row", h("label", { title: "Seconds before the first event" }, "Delay ", this.delay, " s"),
      h("label", { title: "Seconds between two events; recorded: as the real Poe answered" }, "Pace ", this.pace, " s"));
    this.text = h("textarea", { rows: 6, spellcheck: false, ariaLabel: `Script of ${bot.name}` });
    this.where = h("p.quiet");
    this.editor = h("div.editor", { hidden: true }, this.where, this.text, h("p.row",
      h("button.small", { onclick: () => this.saveScript() }, "Save"),
      h("button.small", { onclick: () => this.edit(false) }, "Cancel")));
    this.edits = h("button.small", { ariaExpanded: "false", onclick: () => this.edit(this.editor.hidden) },
      "Edit answer", h("span.hidden", ` of ${bot.name}`));
    const kinds = [...KINDS, ...(bot.is_ours || bot.kind === "local" ? ["local"] : [])];
    this.modes = h("fieldset.modes", h("legend.hidden", `Mode of ${bot.name}`), ...kinds.map((kind) => h(`label.${kind}`,
      h("input", { type: "radio", name: `mode ${bot.name}`, value: kind, onchange: () => this.choose(kind) }), kind)));
    this.element = h("li", h("p.row", h("b", bot.name), this.calls), this.modes,
      h("p.row", { onchange: () => this.apply() }, this.argument, this.latency, this.edits), this.last, this.refused, this.editor);
  }

  /** @param {any} bot */
  show(bot) {
    if (this.chosen === this.bot.kind) this.chosen = bot.kind;
    this.bot = bot;
    this.calls.textContent = counted(bot.calls, "call");
    this.last.textContent = bot.last ? lastAnswer(bot.last) : "no answer yet";
    for (const radio of this.modes.querySelectorAll("input")) radio.checked = radio.value === this.chosen;
    if (this.chosen === bot.kind) {
      fill(this.named, bot.argument);
      fill(this.delay, bot.delay);
      fill(this.pace, bot.pace);
    }
    this.fit();
  }

  /** Only what the chosen mode takes. */
  fit() {
    this.namedLabel.textContent = NAMED[this.chosen] ?? "";
    this.argument.hidden = !NAMED[this.chosen];
    this.latency.hidden = !WITH_LATENCY.includes(this.chosen);
    this.edits.hidden = !["mock", "script"].includes(this.chosen);
  }

  /** @param {string} kind */
  choose(kind) {
    this.chosen = kind;
    this.named.value = ["replay", "record"].includes(kind) ? `${this.bot.name}.jsonl`
      : kind === this.bot.kind ? this.bot.argument : "";
    this.fit();
    if (kind === "script" && this.bot.kind !== "script") this.edit(true);
    else this.apply();
  }

  apply() {
    const named = NAMED[this.chosen] && this.named.value.trim();
    const latency = WITH_LATENCY.includes(this.chosen) ? Object.entries({ delay: this.delay.value, pace: this.pace.value })
      .filter(([, value]) => value && Number(value) !== 0).map(([name, value]) => `,${name}=${value}`) : [];
    const mode = this.chosen + (named ? `:${named}` : "") + latency.join("");
    return tried(async () => {
      await post("local/mode", { bot: this.bot.name, mode });
      this.bot.kind = this.chosen;
    }, this.refused);
  }

  /** @param {boolean} open */
  async edit(open) {
    this.editor.hidden = !open;
    this.edits.ariaExpanded = String(open);
    if (!open) {
      this.chosen = this.bot.kind;
      this.show(this.bot);
      this.edits.focus();
      return;
    }
    await tried(async () => {
      const { file, text } = await get(`local/script?bot=${encodeURIComponent(this.bot.name)}`);
      this.where.textContent = file;
      this.text.value = text;
      this.text.focus();
    }, this.refused);
  }

  saveScript() {
    return tried(async () => {
      await post("local/script", { bot: this.bot.name, text: this.text.value });
      this.bot.kind = this.chosen = "script";
      this.edit(false);
    }, this.refused);
  }
}

/** @param {any} last */
function lastAnswer(last) {
  const text = last.text.replace(/\s+/g, " ").trim();
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  return [last.error || `“${shown}”`, counted(last.characters, "character"), seconds(last.ms)].join(" · ");
}
