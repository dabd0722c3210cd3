// The conversation: what was asked, and the answers while they arrive.

import { Answer, elements } from "./answer.js";
import { post, Refused } from "./api.js";
import { byId, h } from "./dom.js";
import { costLine } from "./prices.js";
import { reactions } from "./reactions.js";

const NEAR = 24; // pixels from the bottom that still follow the answer

export class Chat {
  /**
   * @param {(text: string) => void} ask a suggested reply was chosen
   * @param {(bot: string) => boolean} isOurs whether it is one of the project
   */
  constructor(ask, isOurs) {
    this.ask = ask;
    this.isOurs = isOurs;
    this.id = "";
    /** @type {Map<string, {said: any, box: any, answer: Answer | null}>} */
    this.messages = new Map();
    this.log = byId("log");
    this.sticks = true;
    this.log.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.log;
      this.sticks = scrollHeight - scrollTop - clientHeight < NEAR;
      if (this.sticks) byId("below").hidden = true;
    }, { passive: true });
    byId("below").onclick = () => { this.sticks = true; this.follow(); };
  }

  /** The last answer that is not over. @returns {any} */
  get running() {
    return [...this.messages.values()].find((each) => each.said.state === "running")?.said;
  }

  /** @param {any} told */
  show(told) {
    this.id = told.id;
    this.messages.clear();
    byId("messages").replaceChildren();
    byId("no-messages").hidden = told.messages.length > 0;
    for (const said of told.messages) this.said(said);
  }

  /** @param {any} said */
  said(said) {
    byId("no-messages").hidden = true;
    const known = this.messages.get(said.id);
    if (known) {
      known.said = said;
      this.finish(known);
      return;
    }
    const box = h("article", { class: said.role, "aria-label": said.role === "user" ? "You" : said.bot });
    byId("messages").append(box);
    if (said.role === "user") {
      box.append(h("div", { class: "you" }, h("p", { class: "text" }, said.text), ...chips(said)));
      this.messages.set(said.id, { said, box, answer: null });
    } else {
      const text = h("div", { class: "answer" });
      const rest = h("div", { class: "rest" });
      box.append(text, rest);
      const entry = { said, box, answer: new Answer(text, () => this.follow()) };
      this.messages.set(said.id, entry);
      this.finish(entry);
    }
    this.follow();
  }

  /** @param {any} entry */
  finish(entry) {
    const { said, box } = entry;
    const rest = box.querySelector(".rest");
    if (!rest) return;
    box.classList.toggle("running", said.state === "running");
    rest.replaceChildren(
      ...said.files.map(file),
      said.error ? failure(said.error) : "",
      said.state === "stopped" ? h("p", { class: "quiet" }, "Stopped.") : "",
      this.replies(said),
      costLine(said.id),
      said.state === "running" || !this.isOurs(said.bot) ? "" : reactions(said));
    this.follow();
  }

  /** @param {any} said */
  replies(said) {
    const group = h("div", { class: "replies", role: "group", "aria-label": "Suggested replies" });
    for (const text of said.suggested) {
      group.append(h("button", { type: "button", onclick: () => this.ask(text) }, text));
    }
    return said.suggested.length ? group : "";
  }

  /** @param {string} id @param {any[][]} operations @param {boolean} anew */
  paint(id, operations, anew) {
    const answer = this.messages.get(id)?.answer;
    if (!answer) return;
    if (anew) answer.clear();
    answer.take(operations);
  }

  follow() {
    if (this.sticks) this.log.scrollTop = 1e9;
    else byId("below").hidden = false;
  }
}

/** @param {any} said */
function chips(said) {
  const parts = [
    ...said.files.map((/** @type {any} */ each) => each.name),
    ...Object.entries(said.parameters).map(([name, value]) => `${name}=${JSON.stringify(value)}`),
  ];
  return parts.length ? [h("p", { class: "chips" }, ...parts.map((part) => h("span", { class: "chip" }, part)))] : [];
}

/** A file of the answer; a picture of the local Poe is shown. @param {any} each */
function file(each) {
  const url = new URL(each.url, location.href);
  const ours = url.pathname.startsWith("/_poe/files/");
  const address = ours ? url.pathname : each.url;
  const isPicture = ours && /^image\/(png|jpeg|gif|webp)$/.test(each.content_type);
  const leads = ours || /^https?:$/.test(url.protocol);
  return h("p", { class: "file" },
    isPicture ? h("img", { src: address, alt: each.name }) : "",
    h("span", {}, h("b", {}, each.name), " ", h("span", { class: "quiet" }, each.content_type)),
    leads ? h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, "Open") : "");
}

/** @param {any} error */
function failure(error) {
  return h("div", { class: "pair" }, h("section", { "aria-label": "What the user sees" },
    h("h3", {}, "The user sees"), h("p", {}, error.message),
    error.why ? h("p", {}, error.why) : "", error.hint ? h("p", {}, error.hint) : ""));
}

/** @param {string[]} blocks of the introduction message */
export function showIntroduction(blocks) {
  const box = byId("introduction");
  box.hidden = !blocks.length;
  box.replaceChildren(...elements(blocks.join("")));
}

/** Files that will go with the next question. */
export class Attachments {
  constructor() {
    /** @type {any[]} */ this.kept = [];
    this.allowed = false;
  }

  /** @param {boolean} allowed */
  allow(allowed) {
    this.allowed = allowed;
    byId("attach").hidden = !allowed;
  }

  /** @param {Iterable<File>} files */
  async add(files) {
    for (const each of files) {
      if (!this.allowed) {
        refuse(`${each.name} is not attached: by its settings the bot takes no files (allow_attachments).`);
        return;
      }
      try {
        this.kept.push(await post(`files?name=${encodeURIComponent(each.name)}`, each));
        refuse("");
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        refuse(error.message);
      }
    }
    this.show();
  }

  take() {
    const taken = this.kept;
    this.kept = [];
    this.show();
    return taken;
  }

  /** @param {any[]} files that were not sent after all */
  giveBack(files) {
    this.kept.unshift(...files);
    this.show();
  }

  show() {
    byId("files").hidden = !this.kept.length;
    byId("files").replaceChildren(...this.kept.map((each) => h("li", {}, each.name, " ",
      h("button", {
        type: "button", "aria-label": `Remove ${each.name}`,
        onclick: () => { this.kept = this.kept.filter((other) => other !== each); this.show(); },
      }, "×"))));
  }
}

/** Says why something was not done; "" takes it away. @param {string} why */
export function refuse(why) {
  byId("refused").hidden = !why;
  byId("refused").textContent = why;
}
