// What a user thinks of an answer, sent to the bot as Poe sends it.

import { post, tried } from "./api.js";
import { h } from "./dom.js";

/** By answer: what was pressed last of each event, where something was. @type {Map<string, Record<string, string>>} */
const pressed = new Map();

/** @param {Said} said an answer of a bot of this project */
export function reactions(said) {
  const told = h("p.quiet", { role: "status" });
  const mine = pressed.get(said.id) ?? {};
  const kinds = [["Reaction", "report_reaction", "reaction"], ["Feedback, the older form", "report_feedback", "feedback_type"]];
  const groups = kinds.map(([title, event, field]) => {
    const group = h("span.row", { role: "group", "aria-label": title }, h("span.quiet", {}, title));
    const buttons = ["like", "dislike"].map((value) => h("button", {
      class: "small", "aria-pressed": String(mine[event] === value),
      onclick: () => send(event, field, value),
    }, value));
    group.append(...buttons);
    return group;
  });
  const box = h("details.reactions", {}, h("summary", {}, "React"), ...groups, told);

  /** @param {string} event @param {string} field @param {string} value */
  async function send(event, field, value) {
    const removes = event === "report_reaction" && mine[event] === value;
    /** @type {Record<string, string>} */
    const set = { [field]: value };
    if (event === "report_reaction") set.action = removes ? "removed" : "added";
    await tried(async () => {
      const came = await post("trigger", { event, message: said.id, bot: said.bot, set });
      mine[event] = removes ? "" : value;
      pressed.set(said.id, mine);
      const broken = came.violations.map((/** @type {any} */ each) => `${each.rule}: ${each.detail}`);
      told.textContent = [`${event} sent: ${value}${removes ? " removed" : ""}.`, `The bot answered ${came.status}.`, ...broken].join(" ");
    }, told);
    for (const [at, [, each]] of kinds.entries()) {
      for (const button of groups[at].querySelectorAll("button")) {
        button.ariaPressed = String(mine[each] === button.textContent);
      }
    }
  }
  return box;
}
