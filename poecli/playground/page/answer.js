// One answer on the page: the operations of playground/markdown/stream.py, applied in frames.

const FRAME_MS = 8; // of an animation frame; what is left waits for the next
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
  template.innerHTML = /** @type {string} */ (policy ? policy.createHTML(html) : html);
  return [...template.content.children];
}

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
    /** @type {Element | null} */ this.growing = null;
    /** @type {Element | null} */ this.place = null;
    /** @type {Element | null} */ this.tail = null;
    /** @type {Element | null} */ this.marked = null;
  }

  clear() {
    this.waiting = [];
    this.root.replaceChildren();
    this.final = [];
    this.open = [];
    this.children = [];
    this.openChildren = [];
    this.growing = this.place = this.tail = null;
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
    let at = 0;
    while (at < this.waiting.length && (at === 0 || performance.now() < until)) {
      const [kind, ...values] = this.waiting[at++];
      this.apply(kind, values);
    }
    this.waiting.splice(0, at);
    this.painted();
    if (this.waiting.length) this.take([]);
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
    if (kind !== "p" && kind !== "P") this.tail = this.tail?.remove() ?? null;
    switch (kind) {
      case "f":
        this.end();
        this.open = this.replaced(this.open, [], this.root);
        this.final.push(...this.added(values[0], this.root));
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
        this.children.push(...this.addedChild(values[0]));
        break;
      case "O":
        this.openChildren = this.replaced(this.openChildren, this.parsedChild(values[0]), this.place);
        break;
      case "a":
        this.children.at(-1)?.append(...fragments(values[0]));
        break;
      case "x":
        this.end();
        break;
      case "p":
        this.final[values[0]] = swapped(this.final[values[0]], elements(values[1])[0]);
        break;
      case "P":
        this.children[values[0]] = swapped(this.children[values[0]], this.parsedChild(values[1])[0]);
        break;
    }
  }

  /** @param {string} text */
  addRaw(text) {
    if (!this.tail) {
      this.tail = document.createElement("span");
      this.tail.className = "raw";
      (this.place ?? this.root).append(this.tail);
    }
    this.tail.append(text);
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
    this.place = block.querySelector("tbody, code") ?? block;
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

  /** @param {string} html @param {Element} parent */
  added(html, parent) {
    const found = elements(html);
    parent.append(...found);
    return found;
  }

  /** @param {string} html */
  addedChild(html) {
    const found = this.parsedChild(html);
    this.place?.append(...found);
    return found;
  }

  /** Rows are parsed only within a table. @param {string} html @returns {Element[]} */
  parsedChild(html) {
    if (!html.startsWith("<tr")) return elements(html);
    return [...elements(`<table><tbody>${html}</tbody></table>`)[0].querySelectorAll("tr")];
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

/** Lines of code: elements and the text between them. @param {string} html */
function fragments(html) {
  return [...elements(`<pre>${html}</pre>`)[0].childNodes];
}
