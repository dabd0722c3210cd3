// The conversation: what was asked, and the answers while they arrive.

import { Answer, elements } from "./answer.js";
import { post, tried } from "./api.js";
import { byId, grouped, h } from "./dom.js";
import { reactions } from "./reactions.js";
import { failure, file, meta, metaKey, question, settle } from "./message.js";

const TOGETHER = 16; // messages that are skipped as one while they are not seen
const NEAR = 24; // pixels from the bottom that still follow the answer

export class Chat {
  /**
   * @param {Record<string, (of: any) => any>} actions ask a text, edit a question, retry an answer, show a turn; whether a bot isOurs
   * @param {(id: string) => any} turnOf an answer
   */
  constructor(actions, turnOf) {
    this.actions = actions;
    this.turnOf = turnOf;
    this.id = "";
    /** @type {Map<string, {said: Said, box: any, answer: Answer | null, parts: Map<string, any>, settled: boolean}>} */
    this.messages = new Map();
    this.log = byId("log");
    this.sticks = true;
    this.top = this.following = 0;
    this.log.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.log;
      const gap = scrollHeight - scrollTop - clientHeight;
      if (scrollTop < this.top && gap > 1) this.sticks = false; // not where only more has come
      else if (gap < NEAR && !this.sticks) this.stick();
      this.top = scrollTop;
    }, { passive: true });
    byId("below").onclick = () => { this.stick(); this.follow(); };
    this.log.addEventListener("load", () => this.follow(), true); // a picture
  }

  /** The last answer that is not over. */
  get running() {
    return [...this.messages.values()].find((each) => each.said.state === "running")?.said;
  }

  /** @param {{id: string, messages: Said[]}} chat */
  show({ id: now, messages }) {
    const stay = new Set(this.id === now ? messages.map((said) => said.id) : []);
    this.id = now;
    for (const [id, { box }] of this.messages) {
      if (stay.has(id)) continue;
      const { parentElement: together } = box;
      box.remove();
      if (!together.firstChild) together.remove();
      this.messages.delete(id);
    }
    byId("no-messages").hidden = messages.length > 0;
    for (const said of messages) this.said(said);
  }

  /** @param {Said} said */
  said(said) {
    byId("no-messages").hidden = true;
    const known = this.messages.get(said.id);
    if (known) {
      known.said = said;
      this.finish(known);
      return;
    }
    const isUser = said.role === "user";
    const text = isUser ? question(said, () => this.actions.edit(said)) : h("div.answer");
    const box = h(`article.${said.role}`, { ariaLabel: isUser ? "You" : said.bot }, text);
    let last = byId("messages").lastElementChild;
    if (!last || last.childElementCount >= TOGETHER) byId("messages").append(last = h("div"));
    last.append(box);
    const answer = isUser ? null : new Answer(text, () => { this.painted(said.id); this.follow(); });
    const entry = { said, box, answer, parts: new Map(), settled: false };
    this.messages.set(said.id, entry);
    this.finish(entry);
  }

  /** @param {any} entry */
  finish(entry) {
    const { said, box } = entry;
    if (!entry.answer) return;
    const turn = entry.turn = this.turnOf(said.id) ?? entry.turn; // the list forgets old ones
    const isOver = said.state !== "running";
    const retry = () => this.actions.retry(said);
    box.classList.toggle("running", !isOver);
    box.ariaBusy = String(!isOver); // read out once it is whole
    // A file that the text shows has no card, which can be told once the text is there.
    part(entry, "files", [said.files, entry.settled], () => said.files.map((/** @type {Payload} */ each) => file(each, box)));
    part(entry, "failure", [said.error, turn?.notes], () => [said.error && failure(said, turn, retry)]);
    part(entry, "stopped", said.state, () => [said.state === "stopped" && h("p.quiet", "Stopped.")]);
    part(entry, "replies", said.suggested, () => [this.replies(said)]);
    part(entry, "cost", turn?.cost_points, () => [turn?.cost && h("p.quiet", `cost about ${grouped(turn.cost_points)} points`)]);
    part(entry, "reactions", isOver, () => [isOver && this.actions.isOurs(said.bot) && reactions(said)]);
    part(entry, "meta", metaKey(said, turn), () => [meta(said, turn, this.actions)]);
    this.painted(said.id);
    // Once a frame; one of the answer's text does it itself.
    if (!entry.answer.scheduled) this.following ||= requestAnimationFrame(() => this.follow());
  }

  /** @param {string} id of an answer that has more text, or is over */
  painted(id) {
    const entry = this.messages.get(id);
    entry?.answer?.markEnd(entry.said.state === "running");
    if (entry?.answer && entry.said.state !== "running" && !entry.answer.isBusy && !entry.settled) {
      entry.settled = true;
      settle(entry.answer.root);
      this.finish(entry);
    }
    if (!this.sticks) byId("below").hidden = false;
  }

  /** What is known of a turn has changed, or it is the one that is looked at. @param {Turn} turn @param {boolean} isShown */
  tell(turn, isShown) {
    const entry = this.messages.get(turn.message_id);
    if (!entry) return;
    if (isShown) {
      for (const each of this.messages.values()) each.box.classList.toggle("selected", each === entry);
    }
    this.finish(entry);
  }

  /** @param {Said} said */
  replies({ suggested }) {
    return suggested.length && h("div.replies", { role: "group", ariaLabel: "Suggested replies" }, ...suggested.map((text) =>
      h("button", { dir: "auto", onclick: () => this.actions.ask(text) }, text)));
  }

  /** @param {Payload} payload of an answer @param {boolean} anew */
  paint({ chat, id, ops }, anew) {
    const entry = this.messages.get(id);
    if (chat !== this.id || !entry?.answer) return;
    entry.settled = false;
    if (anew) entry.answer.clear();
    entry.answer.take(ops);
  }

  stick() {
    this.sticks = byId("below").hidden = true;
  }

  follow() {
    this.following = 0;
    if (this.sticks) this.log.scrollTop = 1e9;
  }
}

/**
 * A part of what stands below an answer. One that is as it was stays, and the focus in it.
 * @param {any} entry @param {string} name @param {any} of what it is made @param {() => Child[]} make
 */
function part(entry, name, of, make) {
  const now = JSON.stringify(of ?? null);
  const known = entry.parts.get(name);
  if (known?.of === now) return;
  const box = h("div.part", ...make());
  if (known) known.box.replaceWith(box);
  else entry.box.append(box);
  entry.parts.set(name, { of: now, box });
}

/** @param {string[]} blocks of the introduction message */
export function showIntroduction(blocks) {
  const box = byId("introduction");
  box.hidden = !blocks.length;
  box.replaceChildren(...elements(blocks.join("")));
}

/** What asking costs, as the bot's settings say. @param {Payload} bot */
export function showPrices({ cost_label: label, rate_card: card }) {
  byId("prices").hidden = !label && !card.length;
  byId("prices").replaceChildren(h("span", label),
    card.length ? h("details", h("summary", "Rate card"), h("div.answer", ...elements(card.join("")))) : "");
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
      await tried(async () => {
        const kept = await post(`files?name=${encodeURIComponent(each.name)}`, each);
        this.set([...this.kept, kept]);
      });
    }
  }

  /** These and no others; gives those that there were. @param {any[]} files */
  set(files) {
    const before = this.kept;
    this.kept = files;
    byId("files").hidden = !files.length;
    byId("files").replaceChildren(...files.map((each) => h("li", each.name, " ", h("button", {
      ariaLabel: `Remove ${each.name}`, onclick: () => this.set(this.kept.filter((other) => other !== each)),
    }, "×"))));
    return before;
  }
}

/** Says why something was not done; "" takes it away. @param {string} why */
export function refuse(why) {
  byId("refused").textContent = why;
}
