"""Files that go along with a question, in the form in which the bot would get them from Poe."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from poecli.addresses import is_web_address
from poecli.client.address import BotAddress
from poecli.config.paths import typed_path
from poecli.errors import UsageError
from poecli.pdf_text import pdf_text
from poecli.protocol.attachments import guess_content_type, parsed_content
from poecli.protocol.limits import FILE_BYTES
from poecli.protocol.messages import Attachment
from poecli.protocol.settings import EffectiveSettings
from poecli.suggestions import closest
from poecli.system_errors import explained


@dataclass(frozen=True)
class PendingFile:
    """A file that waits for the next question. ``data`` is None for a URL, which goes as it is."""

    source: str
    name: str
    content_type: str
    data: bytes | None = None

    @property
    def size(self) -> int:
        """Bytes; 0 when they are not known."""
        return len(self.data or b"")


def pending_file(source: str, *, limit: int = FILE_BYTES.value) -> PendingFile:
    """Read a file, or take a URL as it is.

    Raises UsageError for what is missing, is a folder, can't be read, is empty or too large.
    """
    if is_web_address(source):
        path_of_url = unquote(urlsplit(source).path, errors="replace")
        name = path_of_url.rstrip("/").rsplit("/", 1)[-1] or "file"
        return PendingFile(source, name, guess_content_type(name))
    path = _path_of(source)
    try:
        if path.is_dir():
            raise UsageError(f"{source!r} is a folder.", hint="Attach its files one by one.")
        size = path.stat().st_size
        if size <= limit:
            with path.open("rb") as stream:  # a device tells no size, and may have no end
                data = stream.read(limit + 1)
            size = max(size, len(data))
        if size > limit:
            raise UsageError(
                f"{source!r} is too large to attach: {size:,} bytes.",
                why=f"Poe accepts files of up to {limit:,} bytes.",
            )
    except FileNotFoundError as error:
        raise UsageError(
            f"There is no file {source!r}.",
            why=f"Looked in {path.parent.resolve()}.",
            hint=_near_file(path),
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"The file {source!r} can't be read.", **explained(error)) from error
    if not data:
        raise UsageError(f"The file {source!r} is empty.", hint="Attach a file with content.")
    return PendingFile(source, path.name, guess_content_type(path.name, data), data)


def _path_of(source: str) -> Path:
    """The path of a file, also of one that a file manager names by a ``file://`` URL."""
    if not source.lower().startswith("file://"):
        return typed_path(source)
    return Path(url2pathname(urlsplit(source).path))


def _near_file(path: Path) -> str:
    """The file of the same folder that was meant, or what to check."""
    with contextlib.suppress(OSError):
        near = closest(path.name, [file.name for file in path.parent.iterdir() if file.is_file()])
        if near:
            return f"Did you mean {str(path.with_name(near))!r}?"
    return "Check the path; it is relative to this folder."


async def publish(
    pending: Iterable[PendingFile],
    bot: BotAddress,
    settings: EffectiveSettings,
    to_bot: Callable[[PendingFile], Awaitable[str]],
    to_poe: Callable[[PendingFile], Awaitable[Attachment]],
) -> list[Attachment]:
    """The attachments of a question to ``bot``, each reachable for it.

    ``to_bot`` serves a file from this machine, ``to_poe`` uploads it. Raises UsageError for a bot
    that could reach neither.
    """
    found = []
    for item in pending:
        if item.data is None:
            attachment = Attachment(url=item.source, content_type=item.content_type, name=item.name)
        elif bot.handle is not None:
            attachment = await to_poe(item)
        elif bot.on_this_machine:
            attachment = Attachment(
                url=await to_bot(item),
                content_type=item.content_type,
                name=item.name,
                parsed_content=parsed_content(
                    item.data, item.content_type, item.name, settings, pdf_text=pdf_text
                ),
            )
        else:
            raise UsageError(
                f"{item.source!r} can't be attached: {bot.name} runs on another machine.",
                why="A bot reads an attachment from a URL, and this machine has none for it.",
                hint="Pass the URL of the file: --attach https://…",
            )
        found.append(attachment)
    return found
