// What asking costs: as the bot's settings say, and as an answer turned out.

import { elements } from "./answer.js";
import { byId, grouped, h } from "./dom.js";

/** @param {any} bot of the state */
export function showPrices(bot) {
  const card = h("div.answer");
  card.append(...elements(bot.rate_card.join("")));
  byId("prices").hidden = !bot.cost_label && !bot.rate_card.length;
  byId("prices").replaceChildren(
    bot.cost_label ? h("span", {}, bot.cost_label) : "",
    bot.rate_card.length ? h("details", {}, h("summary", {}, "Rate card"), card) : "");
}

/** @param {Turn} turn of an answer, if it is known */
export const costLine = (turn) =>
  (turn?.cost ? h("p.quiet", {}, `cost about ${grouped(turn.cost_points)} points`) : "");
