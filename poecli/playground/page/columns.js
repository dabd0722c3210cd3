// The width of each area, by drag and by keys, kept for each bot.

import { byId, h } from "./dom.js";

const STEP = 16; // pixels
const LEAST_OF_CHAT = 380; // which has what the others leave
const LEAST = Object.entries({ rail: 160, inspector: 480, local: 300 });
const chat = byId("chat");

let kept = "";
/** Of an area that is not as wide as its style says. @type {Record<string, number | undefined>} */
let widths = {};

/** The widths that were kept for a bot. @param {string} bot */
export function showColumns(bot) {
  kept = `poe.columns ${bot}`;
  widths = JSON.parse(localStorage.getItem(kept) ?? "{}");
  for (const [id] of LEAST) show(id);
}

/** @param {string} id */
function show(id) {
  byId("columns").style.setProperty(`--${id}`, widths[id] ? `${widths[id]}px` : "");
}

for (const [id, least] of LEAST) {
  const area = byId(id);
  const isLeft = id === "rail";
  const most = () => area.offsetWidth + chat.offsetWidth - LEAST_OF_CHAT;

  /** @param {number} [width] */
  const set = (width) => {
    widths[id] = width && Math.max(least, Math.min(most(), width));
    show(id);
    localStorage.setItem(kept, JSON.stringify(widths));
  };

  const separator = h("div.separator", {
    role: "separator", tabIndex: 0, ariaOrientation: "vertical", ariaLabel: `Width: ${area.ariaLabel}`,
    ariaControlsElements: [area], ariaValueMin: String(least),
    onpointerdown: ({ pointerId }) => separator.setPointerCapture(pointerId),
    onpointermove: ({ pointerId, clientX }) => {
      const { left, right } = area.getBoundingClientRect();
      if (separator.hasPointerCapture(pointerId)) set(Math.round(isLeft ? clientX - left : right - clientX));
    },
    ondblclick: () => set(),
    onkeydown: (event) => {
      const step = { ArrowRight: STEP, ArrowLeft: -STEP }[event.key];
      if (step) set(area.offsetWidth + (isLeft ? step : -step));
      else if (event.key === "Home") set();
      else return;
      event.preventDefault();
    },
  });
  (isLeft ? chat : area).prepend(separator);

  const sizes = new ResizeObserver(() => {
    separator.ariaValueNow = String(area.offsetWidth);
    separator.ariaValueMax = String(most());
  });
  for (const each of [area, chat]) sizes.observe(each);
}
