"""How one kept turn came out when it was asked again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from poecli.conformance.results import Finding, Outcome, RuleResult
from poecli.protocol.rules.catalog import Level, Rule
from poecli.terminal.foreign import one_line
from poecli.turns.comparison import Difference

_QUESTION_WIDTH = 60


def times(ratio: float) -> str:
    """A ratio in words: a small one is not "0.0"."""
    written = f"{ratio:.1f}"
    return f"{ratio:.2g}" if written == "0.0" else written


@dataclass(frozen=True)
class Replayed:
    """One turn. ``ratio`` is the time of the new answer as a share of the old one's.

    ``untested`` says why nothing can be said about it.
    """

    number: int
    id: str
    bot: str
    question: str
    differences: tuple[Difference, ...] = ()
    untested: str = ""
    ratio: float | None = None
    accepted: bool = False

    @property
    def outcome(self) -> Outcome:
        """An answer that was accepted is the expected one."""
        if self.untested:
            return Outcome.UNTESTED
        return Outcome.FAULT if self.differences and not self.accepted else Outcome.PASSED

    @property
    def label(self) -> str:
        """The turn on one line: its number, and what was asked."""
        return f'#{self.number} "{one_line(self.question, width=_QUESTION_WIDTH)}"'

    def rule_result(self, again: str) -> RuleResult:
        """The same in the form of a rule, as the reports of `poe check` take it.

        ``again`` is the command that replays this turn.
        """
        rule = Rule(
            id=f"turn {self.number}",
            level=Level.MUST,
            sentence=f"The bot answers {self.label} as it did.",
            fix=f"Fix the bot; if its new answer is the right one: {again} --accept",
            source=f"poe turns show {self.number}",
        )
        findings = tuple(
            Finding(rule.id, f"{difference.what}: {difference.detail}")
            for difference in self.differences
        )
        seen = int(bool(findings))
        return RuleResult(rule, self.outcome, findings, self.untested, seen)

    def as_json(self) -> dict[str, Any]:
        """One line of --json."""
        return {
            "type": "replayed",
            "turn": self.number,
            "id": self.id,
            "bot": self.bot,
            "question": self.question,
            "outcome": "differs" if self.outcome is Outcome.FAULT else self._plain_outcome(),
            "differences": [vars(difference) for difference in self.differences],
            "untested": self.untested or None,
            "time_ratio": None if self.ratio is None else round(self.ratio, 2),
        }

    def _plain_outcome(self) -> str:
        if self.outcome is Outcome.UNTESTED:
            return "untested"
        return "accepted" if self.accepted and self.differences else "same"


@dataclass
class Tally:
    """Counts over a run; of the turns themselves nothing is kept. Times in milliseconds."""

    same: int = 0
    differ: int = 0
    untested: int = 0
    accepted: int = 0
    kept_ms: float = 0.0
    seen_ms: float = 0.0

    def take(self, replayed: Replayed) -> None:
        """Count one turn."""
        self.differ += replayed.outcome is Outcome.FAULT
        self.untested += replayed.outcome is Outcome.UNTESTED
        accepted = replayed.accepted and bool(replayed.differences)
        self.accepted += accepted
        self.same += replayed.outcome is Outcome.PASSED and not accepted

    def time(self, kept_ms: float, seen_ms: float) -> None:
        """Add up how long both answers took."""
        self.kept_ms += kept_ms
        self.seen_ms += seen_ms

    @property
    def ratio(self) -> float | None:
        """The time of all new answers as a share of that of the old ones."""
        return self.seen_ms / self.kept_ms if self.kept_ms else None

    def sentence(self) -> str:
        """The last line of a report."""
        count = self.same + self.differ + self.untested + self.accepted
        parts = [
            f"{count} {'turn' if count == 1 else 'turns'}: {self.same} the same",
            f"{self.differ} {'differs' if self.differ == 1 else 'differ'}",
            f"{self.accepted} accepted" if self.accepted else "",
            f"{self.untested} not tested" if self.untested else "",
        ]
        time = "" if self.ratio is None else f"; {times(self.ratio)} times as long as then"
        return ", ".join(part for part in parts if part) + time

    def as_json(self) -> dict[str, Any]:
        """The last line of --json."""
        counts = {name: getattr(self, name) for name in ("same", "differ", "accepted", "untested")}
        ratio = None if self.ratio is None else round(self.ratio, 2)
        return {"type": "replay", **counts, "time_ratio": ratio, "ok": not self.differ}
