// The shapes of what the server tells the page (playground/turns.py, threads.py, kept_json.py,
// local_poe.py and again/compared.py make them), and of what its modules give to one another.

interface Payload { [name: string]: any }

interface Turn extends Payload {
  number: number;
  message_id: string;
  question: string;
  state: string;
  first_ms: number | null;
  total_ms: number | null;
  ticks: number[];
  calls: Payload[];
  notes: Payload[];
}

interface Kept extends Payload {
  events: Payload[];
  calls: KeptCall[];
}

interface KeptCall extends Payload {
  events: Payload[];
  prompt: [string, string][];
}

interface Said extends Payload {
  id: string;
  role: string;
  state: string;
  files: Payload[];
  suggested: string[];
}

interface Comparison extends Payload {
  words: string[][];
  differences: Payload[];
}

interface Local extends Payload {
  bots: Payload[];
}

interface State extends Payload {
  bots: Payload[];
}

interface Settings extends Payload {
  settings: Payload[];
  changes: Payload[];
  findings: Payload[];
}

interface Control extends Payload {
  options: Payload[];
}

/** An element of the page, whichever it is: its handlers are known, the rest is as its tag has it. */
interface Part extends HTMLElement {
  [name: string]: any
}

/** What can be done on the page: commands.js. */
interface Command {
  /** What it does, the verb first. */
  label: string
  /** The key that does it outside of text fields. */
  keys?: string
  /** What does the same in a terminal. */
  cli?: string
  /** Whether there is anything to do now. */
  can?: () => unknown
  run: () => unknown
}

/** A row of the waterfall. */
interface WaterfallRow {
  what: string
  /** Of an upstream bot. */
  mode?: string
  marks: Element[]
  /** Beside the marks: where, what, and where the mark begins. */
  words: any[][]
  value: string
  /** The row for those who don't see it. */
  said: string
  /** The class of the row. */
  kind?: string
}

/** `whole` is the end of the axis, in milliseconds. */
type WaterfallRows = (turn: Turn, kept: Kept, whole: number) => WaterfallRow[]

/** What can be given as a child of an element; only elements and texts come in. */
type Child = Node | string | number | false | null | undefined
