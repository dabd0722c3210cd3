// What a user thinks of an answer, sent to the bot as Poe sends it.

import { post, Refused } from "./api.js";
import { h } from "./dom.js";

/** By answer: what was pressed last of each event. @type {Map<string, Record<string, string>>} */
const pressed = new Map();

/** @param {any} said an answer of a bot of this project */
export function reactions(said) {
  const told = h("p", { class: "quiet", role: "status" });
  const mine = pressed.get(said.id) ?? {};
  pressed.set(said.id, mine);
  const kinds = [["Reaction", "report_reaction", "reaction"], ["Feedback, the older form", "report_feedback", "feedback_type"]];
  const groups = kinds.map(([title, event, field]) => {
    const group = h("span", { class: "row", role: "group", "aria-label": title }, h("span", { class: "quiet" }, title));
    const buttons = ["like", "dislike"].map((value) => h("button", {
      type: "button", class: "small", "aria-pressed": String(mine[event] === value),
      onclick: () => send(event, field, value),
    }, value));
    group.append(...buttons);
    return group;
  });
  const box = h("details", { class: "reactions" }, h("summary", {}, "React"), ...groups, told);

  /** @param {string} event @param {string} field @param {string} value */
  async function send(event, field, value) {
    const removes = event === "report_reaction" && mine[event] === value;
    /** @type {Record<string, string>} */
    const set = { [field]: value };
    if (event === "report_reaction") set.action = removes ? "removed" : "added";
    told.textContent = "";
    try {
      const came = await post("trigger", { event, message: said.id, bot: said.bot, set });
      mine[event] = removes ? "" : value;
      const broken = came.violations.map((/** @type {any} */ each) => `${each.rule}: ${each.detail}`);
      told.textContent = [`${event} sent: ${value}${removes ? " removed" : ""}.`, `The bot answered ${came.status}.`, ...broken].join(" ");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      told.textContent = error.message;
    }
    for (const [at, [, each]] of kinds.entries()) {
      for (const button of groups[at].querySelectorAll("button")) {
        button.setAttribute("aria-pressed", String(mine[each] === button.textContent));
      }
    }
  }
  return box;
}
