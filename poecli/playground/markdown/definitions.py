"""Link definitions, which may come after the text that names them."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any

from markdown_it.common.utils import normalizeReference

_LABEL = re.compile(r"\[([^\[\]]{1,999})\]")


class Definitions:
    """Those of one answer. ``env`` is for parsing what is final: definitions in it count."""

    def __init__(self) -> None:
        self.env: MutableMapping[str, Any] = {"references": {}}
        self._known: set[str] = set()
        self._waiting: dict[str, dict[int, str]] = {}

    def define(self, label: str, url: str) -> None:
        """As ``[label]: url`` in the text does; the first one of a label counts."""
        known = self.env["references"]
        known.setdefault(normalizeReference(label), {"title": "", "href": url})

    def copy(self) -> dict[str, Any]:
        """An ``env`` for what may still change: nothing is defined in it for good."""
        return {"references": dict(self.env["references"])}

    def remember(self, source: str, number: int) -> None:
        """Block ``number`` was rendered from ``source``; its labels may be defined later."""
        for label in {normalizeReference(label) for label in _LABEL.findall(source)}:
            if label not in self.env["references"]:
                self._waiting.setdefault(label, {})[number] = source

    def resolved(self) -> list[tuple[int, str]]:
        """The blocks, with their sources, that name what was defined since the last call."""
        new = self.env["references"].keys() - self._known
        self._known |= new
        found: dict[int, str] = {}
        for label in new:
            found.update(self._waiting.pop(label, {}))
        return sorted(found.items())
