// What asking costs: as the bot's settings say, and as an answer turned out.

import { elements } from "./answer.js";
import { byId, grouped, h } from "./dom.js";

/** @param {any} bot of the state */
export function showPrices(bot) {
  byId("prices").hidden = !bot.cost_label && !bot.rate_card.length;
  byId("prices").replaceChildren(h("span", bot.cost_label), bot.rate_card.length
    ? h("details", h("summary", "Rate card"), h("div.answer", ...elements(bot.rate_card.join("")))) : "");
}

/** @param {Turn} turn of an answer, if it is known */
export const costLine = (turn) =>
  (turn?.cost ? h("p.quiet", `cost about ${grouped(turn.cost_points)} points`) : "");
