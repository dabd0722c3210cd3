// The shapes of what the server tells the page, for its types: playground/turns.py, threads.py,
// kept_json.py, local_poe.py and again/compared.py make them.

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
