// The settings of the bots: as they tell them, as Poe acts on them, and what has changed.

import { get, tried } from "./api.js";
import { h, table } from "./dom.js";
import { finding } from "./turn.js";

export class SettingsPane {
  constructor() {
    this.refused = h("p.warn");
    this.body = h("div");
    this.element = h("details.settings", h("summary", "Settings"), this.refused, this.body);
    this.element.ontoggle = () => this.load();
    this.isOld = false;
    this.isAsking = false;
  }

  /** Ask anew, if it is open: a generation may tell others. One request at a time: it reads the author's files. */
  async load() {
    this.isOld = this.element.open;
    if (this.isAsking) return;
    this.isAsking = true;
    try {
      while (this.isOld) {
        this.isOld = false;
        await tried(async () => {
          const { bots } = await get("local/settings");
          this.body.replaceChildren(...bots.map(shown));
        }, this.refused);
      }
    } finally {
      this.isAsking = false;
    }
  }
}

/** @param {Settings} of one bot */
function shown(of) {
  const { declared, called, refused } = of.dependencies;
  const calls = [...new Set([...Object.keys(declared), ...Object.keys(called), ...refused])];
  return h("section", { ariaLabel: `Settings of ${of.bot}` },
    h("h4", of.bot, " ", h("span.quiet", since(of))),
    of.broken_lock && h("p.warn", of.broken_lock),
    of.changes.length && h("dl.drift", ...of.changes.flatMap((change) => [
      h("dt", change.setting),
      h("dd", change.before !== null && h("del", value(change.before)), " ", change.after !== null && h("ins", value(change.after)))])),
    ...of.findings.map(({ rule, detail, fix }) => finding({ kind: "rule", rule, text: detail, fix })),
    tableOf(["Setting", "The bot says", "Poe acts on"], of.settings.map((each) =>
      [each.name, each.said === null ? "" : value(each.said), value(each.acted_on)])),
    calls.length && tableOf(["Calls", "declared a message", "made so far"], calls.map((bot) =>
      [bot, declared[bot] ?? "not declared", refused.includes(bot) ? "refused" : called[bot] ?? 0])));
}

/** @param {any} of */
function since(of) {
  if (!of.was_synced) return "never synced from here: poe sync-settings";
  return of.changes.length ? `${of.changes.length} differ from the last sync` : "as last synced";
}

/** @param {any} it */
const value = (it) => (typeof it === "string" ? it : JSON.stringify(it));

/** @param {string[]} heads @param {any[][]} rows of texts */
const tableOf = (heads, rows) => table(heads, rows.map((row) => h("tr", ...row.map((cell) => h("td", String(cell))))));
