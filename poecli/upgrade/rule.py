"""The type of a rule. The rules themselves are in `rules/catalog`."""

from __future__ import annotations

from dataclasses import dataclass

from poecli.upgrade.codemod import Codemod


@dataclass(frozen=True)
class UpgradeRule:
    """``title`` says what is different today; ``source`` is where that is written.

    A text has something for the rule only if it has one of the ``words``, and what it ``needs``.
    ``fixes`` is the rule of `poe check` whose faults it corrects; "" when there is none.
    """

    id: str
    title: str
    source: str
    words: tuple[str, ...]
    codemod: type[Codemod]
    fixes: str = ""
    needs: str = ""

    def concerns(self, text: str) -> bool:
        """Whether a text may have something for the rule; whether it has, the codemod sees."""
        return self.needs in text and any(word in text for word in self.words)
