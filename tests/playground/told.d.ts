// The shapes of what the server tells the page, for its types: playground/turns.py, threads.py,
// kept_json.py, local_poe.py and again/compared.py make them.

interface Told { [name: string]: any }

interface Turn extends Told {
  number: number;
  message_id: string;
  question: string;
  state: string;
  first_ms: number | null;
  total_ms: number | null;
  ticks: number[];
  calls: Told[];
  notes: Told[];
}

interface Kept extends Told {
  events: Told[];
  calls: KeptCall[];
}

interface KeptCall extends Told {
  events: Told[];
  prompt: [string, string][];
}

interface Said extends Told {
  id: string;
  role: string;
  state: string;
  files: Told[];
  suggested: string[];
}

interface Comparison extends Told {
  words: string[][];
  differences: Told[];
}

interface Local extends Told {
  bots: Told[];
}

interface State extends Told {
  bots: Told[];
}

interface Settings extends Told {
  settings: Told[];
  changes: Told[];
  findings: Told[];
}

interface Control extends Told {
  options: Told[];
}
