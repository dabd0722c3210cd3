"""The turns of the author's bots, and how many calls to other bots each may still make.

Poe enforces ``server_bot_dependencies`` for each user message: a bot that was not declared, or
one call more than declared, fails. A call belongs to the turn whose ``message_id`` or
``bot_query_id`` its body carries, because fastapi_poe forwards the whole query.
https://creator.poe.com/docs/server-bots/accessing-other-bots-on-poe
"""

from __future__ import annotations

import json
import time
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from poecli.config.credentials import Secret
from poecli.config.faults import Fault
from poecli.dev_events import DependencyRefused, DependencyUnused
from poecli.protocol import limits
from poecli.protocol.settings import ANY_BOT, declared_calls
from poecli.suggestions import closest

# A bot may still call others or capture a cost shortly after its answer ended.
_KEPT_TURNS = 512


@dataclass(frozen=True)
class UserTurn:
    """One user message to a bot of the author's.

    ``id`` is under what it is kept, ``began`` a time of the monotonic clock.
    ``dependencies`` is None while the bot's settings are unknown; then nothing is enforced.
    ``faults`` are those asked for by the user's own request; ``tunneled``: it came from outside.
    """

    bot: str
    message_id: str
    bot_query_id: str
    dependencies: Mapping[str, int] | None = None
    access_key: Secret | None = None
    faults: tuple[Fault, ...] = ()
    id: str = ""
    tunneled: bool = False
    began: float = field(default_factory=time.monotonic, compare=False)

    @property
    def ms(self) -> float:
        """Milliseconds since it began."""
        return round((time.monotonic() - self.began) * 1000, 1)


class Turns:
    """The turns that are running, and the most recent ones that ended."""

    def __init__(self) -> None:
        self._turns: OrderedDict[str, UserTurn] = OrderedDict()
        self._running: dict[str, UserTurn] = {}
        self._by_query_id: dict[str, str] = {}
        self._calls: dict[str, Counter[str]] = {}
        self._failed: dict[str, set[str]] = {}  # calls that were taken back, by their turns
        self._told: set[tuple[str, str, int]] = set()

    def begin(self, turn: UserTurn) -> None:
        """A user's message was handed to the bot. A repeated id starts its count anew."""
        self._turns.pop(turn.message_id, None)
        self._turns[turn.message_id] = turn
        self._running[turn.message_id] = turn
        self._calls[turn.message_id] = Counter()
        self._failed.pop(turn.message_id, None)
        if turn.bot_query_id:
            self._by_query_id[turn.bot_query_id] = turn.message_id
        while len(self._turns) > _KEPT_TURNS:
            _, oldest = self._turns.popitem(last=False)
            self._calls.pop(oldest.message_id, None)
            self._failed.pop(oldest.message_id, None)
            self._running.pop(oldest.message_id, None)
            self._by_query_id.pop(oldest.bot_query_id, None)

    def end(self, message_id: str) -> list[DependencyUnused]:
        """The answer is over: declared calls it did not make, each told once."""
        self._running.pop(message_id, None)
        turn = self._turns.get(message_id)
        if turn is None or turn.dependencies is None:
            return []
        made, failed = self._calls[message_id], self._failed.get(message_id, ())
        found = []
        for upstream, declared in turn.dependencies.items():
            key = (turn.bot, upstream, declared)
            if upstream in failed:
                continue
            if upstream != ANY_BOT and made[upstream] < declared and key not in self._told:
                self._told.add(key)
                found.append(_unused(turn, upstream, declared, made[upstream]))
        return found

    def find(self, *, message_id: str = "", bot_query_id: str = "") -> UserTurn | None:
        """The turn a body belongs to; None for a script of the author's."""
        if message_id in self._turns:
            return self._turns[message_id]
        return self._turns.get(self._by_query_id.get(bot_query_id, ""))

    def only_running(self) -> UserTurn | None:
        """The one turn that runs: whose a call without any id is, most likely."""
        return next(iter(self._running.values())) if len(self._running) == 1 else None

    @property
    def any_tunneled(self) -> bool:
        """Whether one that runs came through the tunnel."""
        return any(turn.tunneled for turn in self._running.values())

    def admit(self, turn: UserTurn, upstream: str) -> DependencyRefused | None:
        """Count one call; or the reason why Poe would not let it through."""
        made = self._calls[turn.message_id]
        declared = turn.dependencies
        cap = limits.BOT_CALLS_PER_MESSAGE.value
        if sum(made.values()) >= cap:
            words = f"{turn.bot} made more than {cap} calls to other bots for one message."
            return self._refused(turn, upstream, words)
        allowed = None if declared is None else declared_calls(declared, upstream)
        if declared is not None and allowed is None:
            words = f"{turn.bot} calls {upstream}, which its settings do not declare."
            if near := closest(upstream, declared):
                words += f" They declare {near}."
            return self._refused(turn, upstream, words)
        if allowed is not None and made[upstream] >= allowed:
            words = (
                f"{turn.bot} calls {upstream} {made[upstream] + 1} times for one message; "
                f"its settings declare {allowed}."
            )
            return self._refused(turn, upstream, words)
        made[upstream] += 1
        return None

    def release(self, turn: UserTurn, upstream: str) -> None:
        """Take one call back: Poe itself failed before it answered, and the bot may ask again."""
        made = self._calls.get(turn.message_id)
        if made and made[upstream]:
            made[upstream] -= 1
            self._failed.setdefault(turn.message_id, set()).add(upstream)

    def _refused(self, turn: UserTurn, upstream: str, message: str) -> DependencyRefused:
        declared = dict(turn.dependencies or {})
        calls = self._calls[turn.message_id][upstream] + 1
        wanted = {**declared, upstream: max(declared.get(upstream, 0), calls)}
        return DependencyRefused(
            message,
            hint=dependencies_line(wanted),
            message_id=turn.message_id,
            bot=turn.bot,
            upstream=upstream,
            declared=declared_calls(declared, upstream) or 0,
        )


def _unused(turn: UserTurn, upstream: str, declared: int, made: int) -> DependencyUnused:
    calls = f"{declared} call{'s' * (declared != 1)}"
    return DependencyUnused(
        f"{turn.bot} declares {calls} to {upstream} and made {made}.",
        message_id=turn.message_id,
        bot=turn.bot,
        upstream=upstream,
        declared=declared,
        made=made,
    )


def dependencies_line(dependencies: Mapping[str, int]) -> str:
    """The line of get_settings that declares these calls."""
    table = ", ".join(f"{json.dumps(bot)}: {calls}" for bot, calls in dependencies.items())
    return f"return fp.SettingsResponse(server_bot_dependencies={{{table}}})"
