// The chats that are kept, also those of `poe chat`: found by their words, gone on with, removed.

import { get, post, tried } from "./api.js";
import { register } from "./commands.js";
import { byId, counted, h, stepOf } from "./dom.js";

const dialog = byId("chats");
const input = byId("chats-search");
const list = byId("chats-list");
const none = byId("chats-none");

export class Chats {
  /** @param {(id: string) => unknown} open one of them was chosen */
  constructor(open) {
    this.open = open;
    this.asked = 0;
    input.oninput = () => this.look();
    dialog.onkeydown = step;
    byId("show-chats").onclick = () => this.show();
    register({ label: "Go on with an earlier chat", keys: "h", cli: "poe chat --list", run: () => this.show() });
  }

  show() {
    input.value = "";
    dialog.showModal();
    this.look();
  }

  async look() {
    const asked = ++this.asked;
    const words = input.value.trim();
    await tried(async () => {
      const { chats } = await get(`chats?search=${encodeURIComponent(words)}`);
      if (asked !== this.asked) return;
      list.replaceChildren(...chats.map((/** @type {Payload} */ chat) => this.row(chat)));
      none.textContent = chats.length ? "" : words ? `No chat holds “${words}”.` : "No chat with this bot is kept yet.";
    }, none);
  }

  /** @param {Payload} chat */
  row(chat) {
    const when = new Date(chat.started / 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    const remove = h("button.small", { ariaLabel: `Remove the chat: ${chat.title}`, onclick: async () => {
      if (remove.textContent === "Remove") remove.textContent = remove.ariaLabel = "Remove for good";
      else if (await tried(() => post(`chats/${chat.id}/remove`), none)) this.look().then(() => input.focus());
    } }, "Remove");
    return h("li", h("button", { onclick: () => { dialog.close(); this.open(chat.id); } },
      h("span.question", chat.title || "(empty)"),
      chat.found && h("span", chat.found),
      h("span.quiet", `${when} · ${counted(chat.turns, "turn")} · poe chat --resume ${chat.id}`)), remove);
  }
}

/** Up and down go through the list. @param {KeyboardEvent} event */
function step(event) {
  const by = stepOf(event);
  if (!by) return;
  /** @type {any[]} */ const stops = [input, ...list.querySelectorAll("button:first-child")];
  stops[stops.indexOf(document.activeElement) + by]?.focus();
  event.preventDefault();
}
