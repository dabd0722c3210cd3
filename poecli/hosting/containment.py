"""What stands between the author's code and the world, set up before that code is imported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from poecli.hosting import capture, guard, lent_key, modal_import, redirect
from poecli.hosting.capture import Captures


@dataclass(frozen=True)
class Options:
    """How the bot is contained.

    ``base_url`` is the local Poe, as ``http://127.0.0.1:8080``; None when there is none. Hosts in
    ``allow_hosts`` may be called although they are Poe's, or Modal's, which else is played
    (``[dev] allow_hosts`` of poe.toml).
    """

    base_url: str | None = None
    allow_hosts: tuple[str, ...] = ()


@dataclass
class Containment:
    """What was set up in this process, and what it has seen."""

    options: Options
    captures: Captures = field(default_factory=Captures)
    _undo: list[Callable[[], None]] = field(default_factory=list)

    def add(self, undo: Callable[[], None]) -> None:
        """Remember how to take one part back."""
        self._undo.append(undo)

    def uninstall(self) -> None:
        """Take everything back, last part first."""
        while self._undo:
            self._undo.pop()()
        _installed.clear()


_installed: list[Containment] = []  # at most one: what is replaced belongs to the whole process


def install(options: Options | None = None) -> Containment:
    """Contain this process; call it before the author's file is imported, and once.

    A second call returns what the first one set up.
    """
    if _installed:
        return _installed[0]
    contained = Containment(options or Options())
    push = contained.options.base_url is not None
    contained.add(capture.install(contained.captures, push_settings=push))
    if contained.options.base_url is not None:
        contained.add(redirect.redirect(contained.options.base_url))
        contained.add(lent_key.install())
    contained.add(guard.install(contained.options.allow_hosts))
    contained.add(modal_import.install(contained.options.allow_hosts))
    _installed.append(contained)
    return contained
