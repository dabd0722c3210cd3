// The page: what the feed tells goes to its place, and what the author does goes to the server.

import { AgainPane } from "./again.js";
import { listen, post, tried } from "./api.js";
import { Attachments, Chat, refuse, showIntroduction, showPrices } from "./chat.js";
import { Chats } from "./chats.js";
import { closeArea, showArea } from "./areas.js";
import { showColumns } from "./columns.js";
import { isDialogOpen, register } from "./commands.js";
import { byId, h, pre, say } from "./dom.js";
import { LocalPoe } from "./local_poe.js";
import { suggestNames } from "./mention.js";
import { Parameters } from "./parameters.js";
import { Rail } from "./rail.js";
import { TurnPane } from "./turn.js";

/** @type {State} */ let state = { bots: [], generation: 0 };
/** While the state comes in: the chat to show again, "" for the newest. @type {string | null} */
let wanted = null;
/** A chat of a `poe dev` before this one, until there is a bot to go on with it. */
let earlier = "";

/** @param {string} name of a bot */
const isOurs = (name) => state.bots.some((bot) => bot.name === name);
/** @type {Chat} */
const chat = new Chat({
  ask: send, edit, isOurs, retry: ({ id }) => tell("again", { message: id }),
  show: ({ number }) => { rail.choose(number); showArea("inspector"); },
}, (id) => rail.of(id));
const pane = new TurnPane(() => state);
const rail = new Rail((turn, follows) => {
  pane.show(turn, follows);
  chat.tell(turn, true);
});
const parameters = new Parameters();
const attachments = new Attachments();
const again = new AgainPane({
  chat: () => chat.id, turn: () => { rail.upToDate(); return pane.turn; }, number: () => pane.number,
});
const localPoe = new LocalPoe();
suggestNames(() => [
  ...state.bots.map((bot) => ({ name: bot.name, kind: "", words: "this project" })),
  ...localPoe.state.bots.filter((bot) => !bot.is_ours).map((bot) => ({
    name: bot.name, kind: bot.kind, words: `${bot.mode}, local Poe${bot.kind === "live" ? ", costs real points" : ""}`,
  })),
]);

// --- what the feed tells ---

/** @type {Record<string, (message: any) => void>} */
const TAKE = {
  begin() {
    rail.clear();
    wanted = chat.id;
    chat.id = "";
  },
  state(payload) {
    showState(payload);
    backToEarlier();
  },
  chat(payload) {
    if (payload.id === (wanted || chat.id) || wanted === "") chat.show(payload);
    showBusy();
  },
  said(said) {
    if (said.chat !== chat.id) return;
    chat.said(said);
    if (said.role === "bot" && said.state !== "running") {
      say(said.state === "done" ? `${said.bot} answered.` : `The answer ended: ${said.state}.`);
    }
    showBusy();
  },
  removed({ id }) {
    if (id === chat.id) chat.show({ id: "", messages: [] });
    showBusy();
  },
  ops: (payload) => chat.paint(payload, false),
  answer: (payload) => chat.paint(payload, true),
  turn(turn) {
    rail.take(turn);
    chat.tell(turn, turn.number === rail.shown);
  },
  local: (payload) => localPoe.show(payload),
  again: (payload) => again.take(payload),
  "again-text": (payload) => again.paint(payload),
  notice: ({ text }) => say(text),
  died: ({ how }) => say(`The bot's process ended: ${how}.`),
  ready() {
    rail.filled();
    const before = wanted;
    wanted = null;
    if (chat.id) return;
    chat.show({ id: "", messages: [] });
    refuse("");
    showBusy();
    earlier = before ?? "";
    backToEarlier();
  },
};

function backToEarlier() {
  if (chat.id) earlier = "";
  if (!earlier || !state.bots.length) return;
  goOn(earlier).catch(() => { chat.id = ""; });
  earlier = "";
}

/** @param {State} payload */
function showState(payload) {
  state = payload;
  const select = byId("bot");
  const chosen = select.value;
  select.replaceChildren(...state.bots.map((bot) => h("option", { value: bot.name }, bot.name)));
  if (isOurs(chosen)) select.value = chosen;
  select.hidden = state.bots.length < 2;
  showGeneration(true);
  byId("address").textContent = location.host;
  byId("runs-on").textContent = state.runs_on;
  byId("only-here").hidden = !state.attached_to;
  showBroken(state.broken);
  showBot();
  localPoe.settings.load();
}

/** @param {boolean} isConnected */
function showGeneration(isConnected) {
  byId("generation").classList.toggle("bad", !isConnected);
  byId("generation").textContent = !isConnected ? "poe dev does not answer; trying again"
    : state.attached_to ? `attached to ${state.attached_to}`
      : state.generation ? `generation ${state.generation} answers` : "loading";
}

/** @param {any} broken */
function showBroken(broken) {
  const banner = byId("banner");
  banner.hidden = !broken;
  banner.replaceChildren(broken ? h("div",
    h("p", h("b", "The last save did not load. "),
      state.generation && `Generation ${state.generation} goes on answering.`),
    h("p", h("code", broken.message)),
    broken.why && h("p", broken.why),
    broken.traceback && pre("Traceback", broken.traceback),
    broken.hint && h("p", broken.hint)) : "");
}

function showBot() {
  const bot = current();
  if (!bot) return;
  document.title = `${bot.name} · playground`;
  byId("bot-name").textContent = bot.name;
  showColumns(bot.name);
  showIntroduction(bot.introduction);
  parameters.show(bot.settings.parameter_controls);
  attachments.allow(bot.allow_attachments);
  showPrices(bot);
  if (bot.failure) refuse([bot.failure.message, bot.failure.hint].filter(Boolean).join(" "));
}

const current = () => state.bots.find((bot) => bot.name === byId("bot").value) ?? state.bots[0];

// --- what the author does ---

const addressed = () => ({ bot: current()?.name, text_params: byId("text-params").checked });

/** @param {string} text */
async function send(text) {
  const files = attachments.set([]);
  const asked = await tried(async () => {
    if (!chat.id) chat.id = (await post("chats", { bot: current()?.name })).id;
    await post(`chats/${chat.id}/messages`, { text, files, parameters: parameters.toSend(), ...addressed() });
    chat.stick();
    rail.followsNewest = true;
  });
  if (asked) return;
  question.value ||= text;
  attachments.set([...files, ...attachments.kept]);
}

/** @param {string} verb @param {object} [body] */
const tell = (verb, body) => tried(() => post(`chats/${chat.id}/${verb}`, body));

const question = byId("question");
/** The message that the composer will replace. */
let edits = "";

/** @param {{id?: string, text?: string}} said a question that will be replaced; none: the next is a new one */
function edit({ id = "", text = "" }) {
  edits = id;
  question.value = text;
  byId("edits").hidden = !id;
  question.focus();
}
byId("keep").onclick = () => edit({});

byId("composer").onsubmit = (event) => {
  event.preventDefault();
  const text = question.value;
  if (!text.trim() && !attachments.kept.length) return;
  if (chat.running) return refuse("An answer is still running. Stop it (Esc), or wait for its end.");
  const message = edits;
  edit({});
  if (message) tell("edit", { text, message, ...addressed() });
  else send(text);
};
question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    byId("composer").requestSubmit();
  } else if (event.key === "ArrowUp" && !question.value) {
    const last = [...chat.messages.values()].findLast((each) => each.said.role === "user");
    if (!last) return;
    edit(last.said);
    event.preventDefault();
  }
});
question.addEventListener("paste", (event) => attachments.add(event.clipboardData?.files ?? []));
const stop = byId("stop").onclick = () => tell("stop");
const attach = byId("attach").onclick = () => byId("file").click();
byId("file").onchange = async () => {
  await attachments.add(byId("file").files);
  byId("file").value = "";
};
byId("bot").onchange = showBot;
byId("new-chat").onclick = newChat;
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  attachments.add(event.dataTransfer?.files ?? []);
});
async function newChat() {
  await tried(async () => {
    const { id } = await post("chats", { bot: current()?.name });
    chat.show({ id, messages: [] });
    showBusy();
  });
  question.focus();
}

/** @param {string} id of a chat that is kept */
async function goOn(id) {
  chat.id = id;
  await post(`chats/${id}/open`);
}
new Chats((id) => tried(() => goOn(id)));

register({ label: "Write a question", keys: "c", cli: "poe chat", run: () => question.focus() });
register({ label: "Begin a new chat", keys: "n", cli: "poe chat", run: newChat });
register({ label: "Ask the last question again", keys: "r", can: () => chat.messages.size, run: () => tell("again") });
register({ label: "Stop the answer", can: () => chat.running, run: stop });
register({ label: "Attach a file", can: () => attachments.allowed, run: attach });

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || isDialogOpen() || closeArea()) return;
  if (edits) edit({});
  else if (chat.running) stop();
});

function showBusy() {
  byId("send").hidden = Boolean(chat.running);
  byId("stop").hidden = !chat.running;
}

listen((message) => TAKE[message.type]?.(message), showGeneration);
question.focus();
