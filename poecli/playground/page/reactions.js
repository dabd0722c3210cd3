// What a user thinks of an answer, sent to the bot as Poe sends it.

import { post, tried } from "./api.js";
import { h } from "./dom.js";

/** By answer: what was pressed last of each event, where something was. @type {Map<string, Record<string, string>>} */
const pressed = new Map();

/** @param {Said} said an answer of a bot of this project */
export function reactions(said) {
  const status = h("p.quiet", { role: "status" });
  const mine = pressed.get(said.id) ?? {};
  const kinds = [["Reaction", "report_reaction", "reaction"], ["Feedback, the older form", "report_feedback", "feedback_type"]];
  /** @type {[Part, string, string][]} */ const buttons = [];
  const groups = kinds.map(([title, event, field]) => h("span.row", { role: "group", ariaLabel: title },
    h("span.quiet", title), ...["like", "dislike"].map((value) => {
      const button = h("button.small", { onclick: () => send(event, field, value) }, value);
      buttons.push([button, event, value]);
      return button;
    })));
  show();

  /** @param {string} event @param {string} field @param {string} value */
  async function send(event, field, value) {
    const removes = event === "report_reaction" && mine[event] === value;
    const set = { [field]: value, ...(event === "report_reaction" && { action: removes ? "removed" : "added" }) };
    await tried(async () => {
      const came = await post("trigger", { event, message: said.id, bot: said.bot, set });
      mine[event] = removes ? "" : value;
      pressed.set(said.id, mine);
      const broken = came.violations.map((/** @type {Payload} */ each) => `${each.rule}: ${each.detail}`);
      status.textContent = [`${event} sent: ${value}${removes ? " removed" : ""}.`, `The bot answered ${came.status}.`, ...broken].join(" ");
    }, status);
    show();
  }

  function show() {
    for (const [button, event, value] of buttons) button.ariaPressed = String(mine[event] === value);
  }
  return h("details.reactions", h("summary", "React"), ...groups, status);
}
