"""Files that bots and users upload: kept under `.poe/files`, one folder each; and their text.

files/ID/NAME          the bytes
files/ID/.meta.json    name and content type; written last, so a file without it never was
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from poecli.pdf_text import pdf_text
from poecli.protocol import limits
from poecli.protocol.attachments import guess_content_type, parsed_content, settings_ask_for
from poecli.protocol.foreign_json import whole_text
from poecli.protocol.messages import Attachment, ProtocolMessage
from poecli.protocol.requests import QueryRequest
from poecli.protocol.settings import EffectiveSettings
from poecli.safe_files import write_whole
from poecli.turns.files import URL_PREFIX, id_of

OCTET_STREAM = "application/octet-stream"
DEFAULT_NAME = "file"
_META = ".meta.json"
_ID = re.compile(r"^[0-9a-f]{32}$")
_LONGEST_NAME = 120  # bytes of UTF-8; file systems allow 255
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


class FileTooLarge(ValueError):
    """The file is larger than Poe takes."""


@dataclass(frozen=True)
class StoredFile:
    """One file: its id, the name others see, its type, and where its bytes are."""

    id: str
    name: str
    content_type: str
    path: Path

    @property
    def url_path(self) -> str:
        """The path of its URL on the dev server."""
        return f"{URL_PREFIX}/{self.id}/{quote(self.name)}"


def safe_name(name: str) -> str:
    """A name any file system takes: no folders, no control characters, not too long."""
    name = re.split(r"[/\\]", whole_text(name))[-1]
    name = _UNSAFE.sub("_", name).strip(". ")
    if _RESERVED.match(name):
        name = f"_{name}"
    if len(name.encode()) > _LONGEST_NAME:
        stem, dot, suffix = name.rpartition(".")
        ending = _cut(f"{dot}{suffix}", 21) if stem else ""
        name = _cut(stem or name, _LONGEST_NAME - len(ending.encode())) + ending
    return name or DEFAULT_NAME


def _cut(text: str, size: int) -> str:
    """As much of a text as fits into so many bytes of UTF-8."""
    return text.encode()[:size].decode("utf-8", "ignore")


def stored_type(name: str, data: bytes, claimed: str) -> str:
    """The type of a file: what its name or its bytes say, unless the sender knows better."""
    found = guess_content_type(name, data)
    says_little = found in (OCTET_STREAM, "text/plain")
    return claimed if says_little and claimed not in ("", OCTET_STREAM) else found


class FileStore:
    """The folder of files. Nothing of it is held in memory.

    ``public_origin`` gives the scheme and host at which the real Poe is to fetch files, "" while
    nobody outside waits for one.
    """

    def __init__(self, folder: Path, public_origin: Callable[[], str] = lambda: "") -> None:
        self.folder = folder
        self._public_origin = public_origin

    def url_of(self, file: StoredFile, origin: str) -> str:
        """Where a file is to be had by whoever reached this server at ``origin``."""
        return (self._public_origin() or origin) + file.url_path

    def add(self, name: str, data: bytes, *, content_type: str = "") -> StoredFile:
        """Keep a file. Raises FileTooLarge, and OSError when the disk will not take it."""
        if len(data) > limits.FILE_BYTES.value:
            raise FileTooLarge(f"{name} is larger than {limits.FILE_BYTES.value:,} bytes")
        name = safe_name(name)
        kind = stored_type(name, data, content_type)
        return self._keep(secrets.token_hex(16), name, kind, data)

    def add_of(self, url: str, name: str, content_type: str, data: bytes) -> StoredFile:
        """Keep the file of a URL elsewhere on this machine. Raises OSError."""
        return self._keep(id_of(url), safe_name(name), content_type, data)

    def restore(self, url: str, content_type: str, read: Callable[[], bytes]) -> None:
        """Have the file again that a URL of an earlier server names, under its old id.

        What is there already, or can't be read any more, stays as it is.
        """
        _, found, rest = url.partition(f"{URL_PREFIX}/")
        file_id, _, quoted = rest.partition("/")
        if found and _ID.match(file_id) and self.find(file_id) is None:
            with contextlib.suppress(OSError):
                self._keep(file_id, safe_name(unquote(quoted)), content_type, read())

    def _keep(self, id: str, name: str, content_type: str, data: bytes) -> StoredFile:
        path = self.folder / id / name
        write_whole(path, data)
        meta = {"v": 1, "name": name, "content_type": content_type}
        write_whole(path.with_name(_META), json.dumps(meta).encode())
        return StoredFile(id, name, content_type, path)

    def find(self, id: str) -> StoredFile | None:
        """A file by its id; None when there is none, or it was never finished."""
        if not _ID.match(id):
            return None
        folder = self.folder / id
        try:
            meta = json.loads((folder / _META).read_text(encoding="utf-8"))
            name, kind = str(meta["name"]), str(meta["content_type"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return StoredFile(id, name, kind, folder / safe_name(name))

    def find_by_url(self, url: str) -> StoredFile | None:
        """The file that a URL of this server names; None for any other URL."""
        _, found, rest = url.partition(f"{URL_PREFIX}/")
        return self.find(rest.partition("/")[0]) if found else None

    def __iter__(self) -> Iterator[StoredFile]:
        """Every finished file."""
        for folder in sorted(self.folder.glob("*")):
            if file := self.find(folder.name):
                yield file


def with_parsed_content(
    request: QueryRequest, settings: EffectiveSettings, files: FileStore
) -> QueryRequest:
    """The query as a bot of these settings gets it: files read or left alone, as it asks."""

    def read(attachment: Attachment) -> Attachment:
        stored = files.find_by_url(attachment.url)
        if stored is None:
            return attachment
        text = text_for(stored, settings)
        return attachment.model_copy(update={"parsed_content": text})

    def reread(message: ProtocolMessage) -> ProtocolMessage:
        if not message.attachments:
            return message
        return message.model_copy(update={"attachments": [read(a) for a in message.attachments]})

    return request.model_copy(update={"query": [reread(message) for message in request.query]})


def text_for(file: StoredFile, settings: EffectiveSettings) -> str | None:
    """The text of a file, or the description of an image, where the settings ask for it."""
    if not settings_ask_for(file.content_type, settings):
        return None
    try:
        data = file.path.read_bytes()
    except OSError:
        return None
    return parsed_content(data, file.content_type, file.name, settings, pdf_text=pdf_text)
