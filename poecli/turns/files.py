"""The files of `.poe/files`, by the URLs that the local Poe gave them.

files/ID/NAME    the bytes; the path of the URL is /_poe/files/ID/NAME, the port may change
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from poecli.addresses import is_loopback_url
from poecli.protocol.events import File

URL_PREFIX = "/_poe/files"
FOLDER = "files"
_LOCAL = re.compile(rf"{URL_PREFIX}/(?P<id>[0-9a-f]{{32}})(?:/|\Z)")


def local_file(folder: Path, url: str) -> Path | None:
    """The bytes of a file of this project's local Poe; ``folder`` is its `.poe`."""
    found = _LOCAL.match(urlsplit(url).path) if is_loopback_url(url) else None
    if found is None:
        return None
    place = folder / FOLDER / found["id"]
    try:
        return next(file for file in sorted(place.iterdir()) if not file.name.startswith("."))
    except (OSError, StopIteration):
        return None


def attached_files(request: Mapping[str, Any]) -> Iterator[File]:
    """The attachments of a query's messages, as far as they are of a usable form."""
    query = request.get("query")
    for message in query if isinstance(query, list) else ():
        attachments = message.get("attachments") if isinstance(message, Mapping) else None
        for item in attachments if isinstance(attachments, list) else ():
            values = [item.get(name) for name in _FIELDS] if isinstance(item, Mapping) else []
            texts = [value for value in values if isinstance(value, str)]
            if len(texts) == len(_FIELDS):
                yield File(url=texts[0], content_type=texts[1], name=texts[2])


_FIELDS = ("url", "content_type", "name")
