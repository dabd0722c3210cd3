"""What TAB offers in a conversation: commands, files, bots, suggested replies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document

from poecli.chat.repl.slash_commands import COMMANDS

_WITH_FILES = ("attach", "save")


class ChatCompleter(Completer):
    """``bots`` gives the known names, ``suggested`` the replies that may be sent now."""

    def __init__(
        self, bots: Callable[[], Sequence[str]], suggested: Callable[[], Sequence[str]]
    ) -> None:
        self._bots = bots
        self._suggested = suggested
        self._paths = PathCompleter(expanduser=True)

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterable[Completion]:
        """What may stand at the cursor."""
        text = document.text_before_cursor
        if not text:
            # Only when asked for: an empty prompt shows no menu by itself.
            if event.completion_requested:
                yield from (Completion(reply) for reply in self._suggested())
        elif text.startswith("/"):
            yield from self._command(text, event)
        elif text.startswith("@") and " " not in text:
            yield from _starting(self._bots(), text[1:])

    def _command(self, text: str, event: CompleteEvent) -> Iterable[Completion]:
        name, space, argument = text[1:].partition(" ")
        if not space:
            for command in COMMANDS.values():
                if command.name.startswith(name.lower()):
                    yield Completion(
                        command.name, -len(name), display_meta=command.help, display=command.name
                    )
        elif name == "bot":
            yield from _starting(self._bots(), argument)
        elif name in _WITH_FILES:
            last = argument.rpartition(" ")[2]
            yield from self._paths.get_completions(Document(last), event)


def _starting(names: Sequence[str], start: str) -> Iterable[Completion]:
    for name in names:
        if name.lower().startswith(start.lower()):
            yield Completion(name, -len(start))
