"""What stands between the author's code and the world, set up before that code is imported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from poecli.hosting.sandbox import lent_key, network_guard, poe_hosts, server_starts
from poecli.hosting.sandbox.modal import import_hook
from poecli.hosting.sandbox.server_starts import Captures


@dataclass(frozen=True)
class Options:
    """How the bot is contained.

    ``base_url`` is the local Poe, as ``http://127.0.0.1:8080``; None when there is none. Hosts in
    ``allow_hosts`` may be called although they are Poe's, or Modal's, which else is played
    (``[dev] allow_hosts`` of poe.toml). In production nothing is ``guarded``.
    """

    base_url: str | None = None
    allow_hosts: tuple[str, ...] = ()
    guarded: bool = True


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
    contained.add(server_starts.install(contained.captures, push_settings=push))
    if contained.options.base_url is not None:
        contained.add(poe_hosts.redirect(contained.options.base_url))
        contained.add(lent_key.install())
    if contained.options.guarded:
        contained.add(network_guard.install(contained.options.allow_hosts))
    contained.add(import_hook.install(contained.options.allow_hosts))
    _installed.append(contained)
    return contained
