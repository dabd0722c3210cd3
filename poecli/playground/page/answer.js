// One answer on the page: the operations of playground/markdown/operations.py, applied in frames.

import { h } from "./dom.js";
import { showPictures } from "./pictures.js";

const FRAME_MS = 8; // of an animation frame; what is left waits for the next
const FRAME_HTML = 12_000; // characters: laying them out takes its time after that
const FRAME_PIECES = 2; // of a block that came at once
const RAW_TEXT = 4_000; // characters of raw text in one box: all of it is laid out with each that is added
const FALLBACK_MS = 1000; // a tab that is not seen gets no animation frames

// The only way for HTML into the page; the server's policy header allows no other policy.
/** @type {any} */
const types = Reflect.get(window, "trustedTypes");
const policy = types?.createPolicy("playground", { createHTML: (/** @type {string} */ html) => html });

/**
 * @param {string} html as the server rendered it
 * @returns {Element[]}
 */
export function elements(html) {
  const template = document.createElement("template");
  template.innerHTML = trusted(html);
  showPictures(template.content);
  return [...template.content.children];
}

/** @param {string} html @returns {string} */
const trusted = (html) => (policy ? policy.createHTML(html) : html);

export class Answer {
  /** @param {Element} root an empty element @param {() => void} painted after each frame */
  constructor(root, painted) {
    this.root = root;
    this.painted = painted;
    /** @type {any[][]} */
    this.waiting = [];
    this.scheduled = false;
    /** @type {Element[]} */ this.final = [];
    /** @type {Element[]} */ this.open = [];
    /** @type {Element[]} */ this.children = [];
    /** @type {Element[]} */ this.openChildren = [];
    const none = /** @type {Element | null} */ (null);
    this.growing = this.place = this.tail = this.marked = none;
    this.shown = ""; // the HTML of what is open
    /** @type {any[][]} */ this.folded = []; // empty pieces, with what belongs in them, a few a frame
    /** @type {Document | null} */ this.parts = null; // of an element too large for one operation
  }

  clear() {
    this.root.replaceChildren();
    Object.assign(this, new Answer(this.root, this.painted));
  }

  /** @param {any[][]} operations */
  take(operations) {
    for (const operation of operations) this.waiting.push(operation);
    if (this.scheduled) return;
    this.scheduled = true;
    let done = false;
    const flush = () => {
      if (done) return;
      done = true;
      this.scheduled = false;
      this.flush();
    };
    requestAnimationFrame(flush);
    setTimeout(flush, FALLBACK_MS);
  }

  flush() {
    const until = performance.now() + FRAME_MS;
    let [at, html] = [0, 0];
    while (at < this.waiting.length && (at === 0 || (html < FRAME_HTML && performance.now() < until))) {
      const [kind, ...values] = this.waiting[at++];
      this.apply(kind, values);
      html += values.at(-1)?.length ?? 0;
    }
    this.waiting.splice(0, at);
    for (const [piece, ...inside] of this.folded.splice(-FRAME_PIECES)) {
      piece.append(...inside);
      piece.classList.remove("folded");
    }
    this.painted();
    if (this.isBusy) this.take([]);
  }

  get isBusy() {
    return this.waiting.length || this.folded.length;
  }

  /** Where it goes on is for CSS to show. @param {boolean} goesOn */
  markEnd(goesOn) {
    const end = goesOn ? this.root.lastElementChild : null;
    if (end === this.marked) return;
    this.marked?.removeAttribute("data-end");
    end?.setAttribute("data-end", "");
    this.marked = end;
  }

  /** @param {string} kind @param {any[]} values */
  apply(kind, values) {
    if (kind === "t") return this.addRaw(values[0]);
    if (kind === "h") return this.addPart(values[0]);
    if ("foFO".includes(kind)) values = [this.shown.slice(0, values[0]) + values[1]];
    if (kind !== "p" && kind !== "P") {
      this.tail = this.tail?.remove() ?? null;
      this.shown = kind === "o" || kind === "O" ? values[0] : "";
    }
    switch (kind) {
      case "f":
        this.end();
        this.open = this.replaced(this.open, [], this.root);
        this.final.push(...this.added(this.made(values[0])));
        break;
      case "o":
        this.end();
        this.open = this.replaced(this.open, elements(values[0]), this.root);
        break;
      case "g":
        this.grow(values[0]);
        break;
      case "F":
        this.openChildren = this.replaced(this.openChildren, [], this.place);
        this.children.push(...this.replaced([], this.child(values[0]), this.place));
        if (values[0].startsWith("<tbody class")) keepColumns(this.children.slice(-1));
        break;
      case "O":
        this.openChildren = this.replaced(this.openChildren, this.child(values[0]), this.place);
        break;
      case "a":
        this.children.at(-1)?.append(...fragments(values[0]));
        break;
      case "x":
        this.end();
        break;
      case "p":
        this.final[values[0]] = swapped(this.final[values[0]], this.made(values[1])[0]);
        keepColumns(this.final[values[0]].querySelectorAll("tbody.g"));
        break;
      case "P":
        this.children[values[0]] = swapped(this.children[values[0]], this.child(values[1])[0]);
        break;
    }
  }

  /** @param {string} text */
  addRaw(text) {
    if (!this.tail) {
      this.tail = h("span.raw");
      (this.place ?? this.root).append(this.tail);
    }
    const last = this.tail.lastElementChild ?? this.tail;
    const word = (last.textContent ?? "").length < RAW_TEXT ? -1 : text.search(/\s/);
    if (word < 0) return last.append(text);
    last.append(text.slice(0, word + 1));
    const next = h("span.g");
    next.append(text.slice(word + 1));
    this.tail.append(next);
  }

  /** @param {string} html */
  grow(html) {
    const [block] = elements(html);
    if (this.growing) {
      this.growing.replaceWith(block);
    } else {
      this.open = this.replaced(this.open, [], this.root);
      this.root.append(block);
    }
    this.growing = block;
    this.place = block.querySelector("pre > code") ?? block;
    this.children = [];
    this.openChildren = [];
  }

  end() {
    if (!this.growing) return;
    this.replaced(this.openChildren, [], this.place);
    this.final.push(this.growing);
    this.growing = this.place = null;
    this.children = [];
    this.openChildren = [];
  }

  /** A parser of its own takes HTML bit by bit. @param {string} html */
  addPart(html) {
    if (!this.parts) {
      this.parts = document.implementation.createHTMLDocument();
      this.parts.write(trusted("<!doctype html><body>"));
    }
    this.parts.write(trusted(html));
  }

  /** @param {string} html "" for what came in parts @returns {Element[]} */
  made(html) {
    if (!this.parts) return elements(html);
    const { body } = this.parts;
    this.parts.close();
    this.parts = null;
    showPictures(body);
    for (const piece of body.querySelectorAll(".g, :is(ul, ol):has(+ .g)")) {
      this.folded.push([piece, ...piece.childNodes]);
      piece.replaceChildren();
      piece.classList.add("folded");
    }
    return [...body.children];
  }

  /** @param {Element[]} blocks */
  added(blocks) {
    this.root.append(...blocks);
    for (const block of blocks) keepColumns(block.querySelectorAll("tbody.g"));
    return blocks;
  }

  /** Rows are parsed only within a table. @param {string} html @returns {Element[]} */
  child(html) {
    return html.startsWith("<tbody") ? [...elements(`<table>${html}</table>`)[0].children] : this.made(html);
  }

  /** @param {Element[]} old @param {Element[]} next @param {Element | null} parent */
  replaced(old, next, parent) {
    for (const element of old) element.remove();
    parent?.append(...next);
    return next;
  }
}

/** @param {Element} old @param {Element} next */
function swapped(old, next) {
  old.replaceWith(next);
  return next;
}

/** Rows, or lines of code: elements and the text between them. @param {string} html @returns {Node[]} */
function fragments(html) {
  if (html.startsWith("<tr")) return [...elements(`<table><tbody>${html}</tbody></table>`)[0].querySelectorAll("tr")];
  return [...elements(`<pre>${html}</pre>`)[0].childNodes];
}

/**
 * A table of more than one piece keeps the columns of its first: each row that is added would have
 * all cells measured again.
 * @param {Iterable<Element>} pieces bodies of tables
 */
function keepColumns(pieces) {
  for (const { parentElement: table } of /** @type {Iterable<any>} */ (pieces)) {
    if (table.hasAttribute("style")) continue;
    const widths = [...table.rows[0].cells].map((cell) => cell.getBoundingClientRect().width);
    table.style.setProperty("--columns", widths.map((width) => (width ? `${width}px` : "1fr")).join(" "));
  }
}
