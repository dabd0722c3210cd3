"""Two answers to one question, held against each other: pure, over data alone.

Nobody can ask for the same letters where they hold what each run makes anew: the id and the port
in the URL of a file that the bot uploads. Those are levelled on both sides.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from poecli.protocol import events as ev
from poecli.protocol.requests import QueryRequest
from poecli.turns.comparable import comparable
from poecli.turns.files import URL_PREFIX
from poecli.turns.kept import KeptAnswer, KeptCall, KeptTurn
from poecli.turns.words import word_diff

_FILE_URL = re.compile(rf"https?://[^/\s\"')]+{URL_PREFIX}/[0-9a-f]{{32}}/")
_FILE_EVENT = re.compile("event: ?file")
_UNCOMPARED = (ev.Text, ev.ReplaceResponse, ev.Ping, ev.Done, ev.File, ev.Error)


@dataclass(frozen=True)
class Difference:
    """One way in which an answer is another; ``what`` is text, events, files, calls, costs …."""

    what: str
    detail: str


def differences(kept: KeptTurn, seen: KeptTurn) -> list[Difference]:
    """Every way in which ``seen`` differs from ``kept``; empty when it is the same answer.

    Of an answer that its reader left only the beginning is known.
    """
    if kept.answer.hung_up or not kept.answer.whole:
        begun, text = _level(kept.text), _level(seen.text)
        return [] if text.startswith(begun) else [_text(begun, text[: len(begun)])]
    return [*_answers(kept.answer, seen.answer), *_files(kept, seen), *_beside(kept, seen)]


def time_ratio(kept: KeptTurn, seen: KeptTurn) -> float | None:
    """The time of the new answer as a share of the old one's; None where that is unknown."""
    return seen.answer.total_ms / kept.answer.total_ms if kept.answer.total_ms else None


def _answers(kept: KeptAnswer, seen: KeptAnswer) -> Iterator[Difference]:
    if (kept.body, kept.status) == (seen.body, seen.status):
        return  # nearly always, and without reading any of it
    if kept.status != seen.status:
        yield Difference("status", f"HTTP {seen.status}, not {kept.status}")
    old, new = _level(kept.reply.text), _level(seen.reply.text)
    if old != new:
        yield _text(old, new)
    for index in sorted({*kept.reply.indices, *seen.reply.indices})[1:]:
        old, new = _level(kept.reply.text_at(index)), _level(seen.reply.text_at(index))
        if old != new:
            yield Difference(f"text {index}", word_diff(old, new))
    yield from _errors(kept.reply.error, seen.reply.error)
    before, after = _kinds(kept), _kinds(seen)
    if before != after:
        yield Difference("events", word_diff(" ".join(before), " ".join(after)))
    else:
        yield from _values(kept, seen)


def _text(before: str, after: str) -> Difference:
    return Difference("text", word_diff(before, after))


def _errors(before: ev.Error | None, after: ev.Error | None) -> Iterator[Difference]:
    if before is None or after is None:
        if before != after:
            yield _changed("error", _said(before), _said(after))
        return
    for name, value in vars(after).items():
        old = getattr(before, name)
        if old != value:
            yield Difference("error", f"{name} is {_shown(value)}, not {_shown(old)}")


def _said(error: ev.Error | None) -> str | None:
    return None if error is None else error.text or "an error without a text"


def _kinds(answer: KeptAnswer) -> list[str]:
    """The names of the events in order; of neighbours of one kind only one, for pieces vary."""
    names = (event.frame.event for event in answer.events if event.frame.event != "ping")
    return [name for name, _ in itertools.groupby(names)]


def _values(kept: KeptAnswer, seen: KeptAnswer) -> Iterator[Difference]:
    """What events say beside text, files and errors: `meta`, `data`, `json`, replies, unknown."""
    pairs = itertools.zip_longest(_others(kept), _others(seen))
    for before, after in pairs:
        if before != after:
            name = (before or after or ("", ""))[0]
            yield _changed(name, before and before[1], after and after[1])


def _others(answer: KeptAnswer) -> list[tuple[str, str]]:
    found = []
    for event in answer.events:
        value = ev.event_from_frame(event.frame)
        if not isinstance(value, _UNCOMPARED):
            shown = json.dumps(vars(value), sort_keys=True, ensure_ascii=False, default=str)
            found.append((event.frame.event, _level(shown)))
    return found


def _files(kept: KeptTurn, seen: KeptTurn) -> Iterator[Difference]:
    before, after = _file_list(kept), _file_list(seen)
    if before == after:
        return
    names = [name for name, _, _ in before], [name for name, _, _ in after]
    if names[0] != names[1]:
        yield _changed("files", names[0], names[1])
        return
    for (name, kind, digest), (_, other_kind, other_digest) in zip(before, after, strict=True):
        if kind != other_kind:
            yield Difference("files", f"{name} is {other_kind}, not {kind}")
        if digest != other_digest:
            yield Difference("files", f"{name} has other bytes")


def _file_list(turn: KeptTurn) -> list[tuple[str, str, str]]:
    """Name, type and digest of each file of the answer; without the bytes, its address."""
    if not _FILE_EVENT.search(turn.answer.body):
        return []  # nearly always, and without reading any event
    stored = {file.url: file for file in turn.files}
    found = []
    for file in turn.answer.reply.files:
        try:
            digest = hashlib.sha256(stored[file.url].read()).hexdigest()
        except (KeyError, OSError):
            digest = _level(file.url)
        found.append((file.name, file.content_type, digest))
    return found


def _beside(kept: KeptTurn, seen: KeptTurn) -> Iterator[Difference]:
    yield from _calls(kept.calls, seen.calls)
    costs = [[(cost.kind, cost.amount, cost.ok) for cost in turn.costs] for turn in (kept, seen)]
    if costs[0] != costs[1]:
        words = [", ".join(map(_cost, turn.costs)) or "none" for turn in (kept, seen)]
        yield Difference("costs", f"{words[1]}; was {words[0]}")


def _cost(cost: Any) -> str:
    return f"{cost.kind} {cost.amount}{'' if cost.ok else ' refused'}"


# --- calls to other bots ---


def _calls(kept: Sequence[KeptCall], seen: Sequence[KeptCall]) -> Iterator[Difference]:
    """Calls that ask the same are the same, whichever of several at once ended first."""
    if [(c.bot, c.request) for c in kept] == [(c.bot, c.request) for c in seen]:
        return
    old, new = _by_start(kept), _by_start(seen)
    bots = dict.fromkeys(call.bot for call in (*old, *new))
    for bot in bots:
        before = [_asked(call) for call in old if call.bot == bot]
        after = [_asked(call) for call in new if call.bot == bot]
        if len(before) != len(after):
            yield Difference("calls", f"{bot} was asked {len(after)} times, not {len(before)}")
        gone, come = Counter(before) - Counter(after), Counter(after) - Counter(before)
        for earlier, later in zip(gone.elements(), come.elements(), strict=False):
            yield Difference("calls", f"{bot} was asked otherwise: {word_diff(earlier, later)}")


def _by_start(calls: Sequence[KeptCall]) -> list[KeptCall]:
    return sorted(calls, key=lambda call: call.at_ms)


def _asked(call: KeptCall) -> str:
    """What of a call's request decides its answer, as one text."""
    try:
        request: Any = comparable(QueryRequest.model_validate(call.request), ())
    except ValidationError:
        request = dict(call.request)
    return _level(json.dumps(request, sort_keys=True, ensure_ascii=False))


def _changed(what: str, before: Any, after: Any) -> Difference:
    return Difference(what, f"{_shown(after)}, not {_shown(before)}")


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else "nothing" if value is None else repr(value)


def _level(text: str) -> str:
    return _FILE_URL.sub(f"{URL_PREFIX}/", text)
