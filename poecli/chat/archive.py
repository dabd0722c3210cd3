"""Chats that are over: listed, found by their words, printed as Markdown or JSON."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

from poecli.chats.store import ChatStore, around
from poecli.chats.turns import ChatRecord, Turn, file_as_json
from poecli.errors import UsageError
from poecli.terminal.amounts import counted
from poecli.terminal.console import Console
from poecli.terminal.foreign import clean, cut, one_line


def when(time_us: int) -> str:
    """A time as a person reads it, in the zone of this machine."""
    moment = datetime.fromtimestamp(time_us / 1_000_000, tz=timezone.utc).astimezone()
    return moment.strftime("%Y-%m-%d %H:%M")


def list_chats(console: Console, store: ChatStore, *, json: bool) -> None:
    """Every chat on a line, the last one first."""
    chats = store.chats()
    if json:
        console.json({"type": "chats", "chats": [record_as_json(chat) for chat in chats]})
        return
    width = console.width if console.stdout_is_terminal else None
    for line in lines_of(chats):
        console.data(line if width is None else cut(line, width))
    if not chats:
        console.say("No chat is stored yet.")


def lines_of(chats: Iterable[ChatRecord]) -> list[str]:
    """Chats as lines: id, time, turns, bot, first words."""
    return [
        f"{chat.id}  {when(chat.started)}  {chat.turns:>3}  "
        f"{one_line(chat.bot, width=24):<24}  {one_line(chat.title)}"
        for chat in chats
    ]


def search_chats(console: Console, store: ChatStore, words: str, *, json: bool) -> None:
    """The turns that hold all the words."""
    hits = store.search(words)
    if json:
        console.json({"type": "hits", "hits": [dict(vars(hit)) for hit in hits]})
        return
    for hit in hits:
        console.data(f"{hit.chat}  {when(hit.asked)}  {one_line(hit.bot, width=24)}")
        for mark, text in (("you", hit.question), ("bot", hit.answer)):
            excerpt = around(text, words.split())
            if excerpt:
                console.data(f"  {mark}: {excerpt}")
    if not hits:
        console.say(f"No chat contains {words!r}.")


def export_chat(console: Console, store: ChatStore, start: str | None, *, as_json: bool) -> None:
    """One chat, the last one by default. Raises UsageError when there is none."""
    chats = store.chats(limit=1)
    if start is None and not chats:
        raise UsageError("No chat is stored yet.", hint="poe chat BOT")
    record = chats[0] if start is None else store.find(start)
    turns = store.turns(record.id)
    if as_json:
        turns_json = [turn_as_json(turn) for turn in turns]
        console.json({"type": "chat", **record_as_json(record), "messages": turns_json})
    else:
        text = as_markdown(record, turns)
        # A file gets what was said; a terminal gets nothing that could move it.
        console.data(clean(text) if console.stdout_is_terminal else text)


def remove_chat(console: Console, store: ChatStore, start: str, *, as_json: bool) -> None:
    """Remove one chat. Raises UsageError when there is none."""
    record = store.find(start)
    store.remove_chat(record.id)
    if as_json:
        console.json({"type": "removed", "id": record.id})
    else:
        turns = counted(record.turns, "turn")
        console.say(f"Removed the chat {record.id} ({turns}): {one_line(record.title)}")


def record_as_json(record: ChatRecord) -> dict[str, Any]:
    """A chat's head: id, bot, title, turns, started (microseconds since 1970), parent."""
    return {
        "id": record.id,
        "bot": record.bot,
        "title": record.title,
        "turns": record.turns,
        "started": record.started,
        "parent": record.parent,
    }


def turn_as_json(turn: Turn) -> dict[str, Any]:
    """A turn: the question, and the answer with its outcome."""
    answer = turn.answer
    return {
        "asked": turn.asked,
        "question": turn.question.as_json(),
        "bot": turn.bot,
        "answer": {
            "text": answer.text,
            "files": [file_as_json(file) for file in answer.files],
            "suggested_replies": answer.suggested_replies,
            "events": len(answer.timeline),
            "outcome": answer.outcome,
        },
    }


def as_markdown(record: ChatRecord, turns: Iterable[Turn]) -> str:
    """A chat as a document that reads well in any Markdown viewer."""
    parts = [f"# Chat {record.id} with {record.bot}, {when(record.started)}"]
    for turn in turns:
        parts += ["## You", turn.question.text]
        parts += [f"- attached: {source}" for source in turn.question.sources]
        parts += [f"## {turn.bot}", turn.answer.text or "(no text)"]
        parts += [f"- [{file.name}]({file.url})" for file in turn.answer.files]
        if turn.answer.outcome != "done":
            parts.append(f"*({turn.answer.outcome})*")
    return "\n\n".join(parts)
