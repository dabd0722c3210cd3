"""What probes share: the wire to the bot, what is known of it, and how an answer is judged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from poecli.config.credentials import Secret
from poecli.conformance.probes.bounds import Bounds
from poecli.conformance.results import Finding
from poecli.probe import queries
from poecli.probe.exchange import ProbeAnswer, Wire
from poecli.protocol.events import Error
from poecli.protocol.settings import SettingsResponse, effective, parameter_defaults

# fastapi_poe 0.0.83, base.py, `handle_query`: what an exception that escapes becomes.
SDK_UNEXPECTED = "The bot encountered an unexpected issue."
# The same, `handle_query`: what it looks for in whatever get_response has yielded.
_YIELDED = re.compile(r"'(\w+)' object has no attribute 'is_suggested_reply'")
KEY_WANTED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class CannotTest(Exception):
    """The rule can't be tested on this bot, or not from here; the text says why."""


@dataclass
class Bench:
    """One bot on the bench.

    ``parameters`` go with each query: the controls' defaults, once the bot has shown that it
    can't do without. ``plain`` is its answer to a plain question. ``doubts`` says why a rule was
    not tested although its probe was run. ``ascii_only`` keeps to what the bot can take.
    """

    wire: Wire
    files_url: str
    text: str = queries.PLAIN_TEXT
    bounds: Bounds = field(default_factory=Bounds)
    settings: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    plain: ProbeAnswer | None = None
    ascii_only: bool = False
    doubts: dict[str, str] = field(default_factory=dict)
    _by_key: dict[Secret | None, ProbeAnswer] = field(default_factory=dict, repr=False)

    @property
    def on_this_machine(self) -> bool:
        """True when the bot can reach files that are served here."""
        return self.bounds.this_machine(self.wire.bot.url)

    def doubt(self, rules: Iterable[str], reason: str) -> None:
        """Nothing can be said about these rules."""
        self.doubts |= dict.fromkeys(rules, reason)

    def model(self) -> SettingsResponse:
        """The settings as Poe would read them; without those of the wrong form."""
        try:
            return SettingsResponse.model_validate(self.settings)
        except ValueError:
            return SettingsResponse()

    def defaults(self) -> dict[str, Any]:
        """The defaults of the bot's controls."""
        controls = effective(self.model()).parameter_controls
        return parameter_defaults(controls) if controls else {}

    def message(self, text: str = "", role: str = "user", **fields: Any) -> dict[str, Any]:
        """A message, a user's one with the parameters that the bot needs."""
        if role == "user":
            fields = {"parameters": dict(self.parameters), **fields}
        return queries.message(self.words(text or self.text), role, **fields)

    def words(self, text: str) -> str:
        """The text, as far as the bot can take it."""
        return text.encode("ascii", "ignore").decode() if self.ascii_only else text

    def need_plain(self) -> ProbeAnswer:
        """The plain answer. Raises CannotTest when there is none that works."""
        if self.plain is None or broken(self.plain):
            raise CannotTest("the bot does not answer a plain question")
        if self.plain.reply.error is not None:
            raise CannotTest(f"it answers a plain question with an error: {_error(self.plain)}")
        return self.plain

    async def ask(self, body: Mapping[str, Any] | bytes) -> ProbeAnswer:
        """The answer to a request. Raises CannotTest when only a key would let us in."""
        answer = await self.wire.send(body)
        if self.wire.bot.key is None and answer.status in KEY_WANTED:
            raise CannotTest("the bot requires an access key, and none is set (POE_ACCESS_KEY)")
        return answer

    async def with_key(self, key: Secret | None) -> ProbeAnswer:
        """The answer to the plain question under another key, or none; asked once."""
        if key not in self._by_key:
            body = queries.query(self.message())
            self._by_key[key] = await self.wire.send(body, key=key)
        return self._by_key[key]

    async def expect(self, rule: str, query: Mapping[str, Any], what: str) -> list[Finding]:
        """A finding when the query, unlike the plain one, gets no usable answer."""
        self.need_plain()
        answer = await self.wire.send(query)
        how = broken(answer)
        if answer.end == "late":
            raise CannotTest(f"{what}: no complete answer within {self.wire.seconds:g} s")
        return [Finding(rule, f"{what}: {how}", answer.sent)] if how else []


def refused_key(answer: ProbeAnswer) -> Finding:
    """The bot does not take its own key."""
    return Finding("key-refused", f"status {answer.status} to the right key", answer.sent)


def broken(answer: ProbeAnswer) -> str:
    """Why an answer to a query is of no use; empty when it is one, be it an `error` event."""
    if answer.status != 200:  # noqa: PLR2004 - HTTP's own
        return f"status {answer.status}" if answer.status else "no answer"
    if not answer.is_stream:
        return f"not an event stream, but {answer.content_type or 'no Content-Type'}"
    if unexpected(answer.reply.error):
        return f"an uncaught exception: {_error(answer)}"
    # Poe goes by `done`: a last chunk that is missing, or a reset after it, loses nothing.
    if not answer.reply.done and answer.end != "left":
        return "the stream broke off"
    return ""


def unexpected(error: Error | None) -> bool:
    """Whether an `error` event is what the SDK makes of an exception."""
    return error is not None and (error.text or "").startswith(SDK_UNEXPECTED)


def yielded_kind(error: Error | None) -> str:
    """The type of what was yielded in place of a response, as the SDK's exception names it."""
    found = _YIELDED.search(str(error.raw_response)) if error is not None else None
    return found[1] if found else ""


def _error(answer: ProbeAnswer) -> str:
    error = answer.reply.error
    text = str((error.raw_response or error.text) if error else "")
    return text if len(text) <= 200 else f"{text[:199]}…"  # noqa: PLR2004 - a line
