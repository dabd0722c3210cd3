// What asking costs: as the bot's settings say, and as an answer turned out.

import { elements } from "./answer.js";
import { byId, grouped, h } from "./dom.js";

/** @param {any} bot of the state */
export function showPrices(bot) {
  const card = h("div", { class: "answer" });
  card.append(...elements(bot.rate_card.join("")));
  byId("prices").hidden = !bot.cost_label && !bot.rate_card.length;
  byId("prices").replaceChildren(
    bot.cost_label ? h("span", {}, bot.cost_label) : "",
    bot.rate_card.length ? h("details", {}, h("summary", {}, "Rate card"), card) : "");
}

/** @type {Map<string, number>} by answer, in points */
const costs = new Map();

/** Whether a turn cost what was not known of it. @param {any} turn */
export function noteCost(turn) {
  if (!turn.cost || costs.get(turn.message_id) === turn.cost_points) return false;
  costs.set(turn.message_id, turn.cost_points);
  return true;
}

/** @param {string} id of an answer */
export function costLine(id) {
  const points = costs.get(id);
  return points ? h("p", { class: "quiet" }, `cost about ${grouped(points)} points`) : "";
}
