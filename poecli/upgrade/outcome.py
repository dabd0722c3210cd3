"""What a rule did in a file, and what it leaves to the author."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """A change by a rule, at a line as it was before; ``then`` is what it leaves to do by hand."""

    rule: str
    line: int
    then: str = ""


@dataclass(frozen=True)
class Note:
    """What a rule can't change safely, at a line, and what to do about it."""

    rule: str
    line: int
    what: str
