// Where there is no room for all areas, one is shown at a time; and the light or dark of them all.

import { isDialogOpen, register } from "./commands.js";
import { byId } from "./dom.js";

/** @type {NodeListOf<HTMLElement>} */ const buttons = document.querySelectorAll("[data-area]");
/** @type {NodeListOf<HTMLElement>} */ const sheets = document.querySelectorAll(".sheet");

/** @param {string} id of a sheet, "" for the chat below them */
export function showArea(id) {
  for (const sheet of sheets) sheet.classList.toggle("open", sheet.id === id);
  for (const button of buttons) button.ariaPressed = String(button.dataset.area === id);
}

/** Whether a sheet was open; the focus goes back to its button. */
export function closeArea() {
  const open = [...sheets].find((sheet) => sheet.classList.contains("open"));
  if (!open || isDialogOpen()) return false;
  showArea("");
  [...buttons].find((button) => button.dataset.area === open.id)?.focus();
  return true;
}

for (const button of buttons) button.onclick = () => showArea(button.dataset.area ?? "");
document.addEventListener("click", ({ target }) => /** @type {Element} */ (target).closest(".close") && closeArea());

function switchTheme() {
  const { dataset } = document.documentElement;
  const now = dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  dataset.theme = now === "dark" ? "light" : "dark";
}
byId("theme").onclick = switchTheme;
register({ label: "Switch light and dark", run: switchTheme });
