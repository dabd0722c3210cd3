"""The files of `.poe/files`, by the URLs that the local Poe gave them.

files/ID/NAME    the bytes; the path of the URL is /_poe/files/ID/NAME, the port may change

A file that somebody on this machine served elsewhere stands under an id made of its whole URL.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from poecli.addresses import is_loopback_url
from poecli.config.redaction import url_to_keep
from poecli.protocol.events import File

URL_PREFIX = "/_poe/files"
FOLDER = "files"
# One name below the id: a browser takes a backslash and `%2e%2e` for steps up, and must stay here.
_SHOWN = re.compile(rf"{URL_PREFIX}/[0-9a-f]{{32}}/[^/\\?#\s]+")
_LOCAL = re.compile(rf"{URL_PREFIX}/(?P<id>[0-9a-f]{{32}})(?:/|\Z)")


def local_path(url: str) -> str:
    """The path of a file that a local Poe hands out, whatever its port is; "" for all else."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return path if is_loopback_url(url) and _SHOWN.fullmatch(path) else ""


def local_file(folder: Path, url: str) -> Path | None:
    """The bytes of a file of this project's local Poe; ``folder`` is its `.poe`.

    A tunnel may have given the URL another host; the id is no other file's.
    """
    try:
        found = _LOCAL.match(urlsplit(url).path)
    except ValueError:  # a bracket that is not closed
        return None
    if found is None and not is_loopback_url(url):
        return None
    place = folder / FOLDER / (found["id"] if found else id_of(url))
    try:
        return next(file for file in sorted(place.iterdir()) if not file.name.startswith("."))
    except (OSError, StopIteration):
        return None


def id_of(url: str) -> str:
    """The id of a file that was fetched from a URL."""
    return hashlib.sha256(url.encode()).hexdigest()[:32]


def attached_files(request: Mapping[str, Any]) -> Iterator[File]:
    """The attachments of a query's messages, as far as they are of a usable form."""
    query = request.get("query")
    for message in query if isinstance(query, list) else ():
        attachments = message.get("attachments") if isinstance(message, dict) else None
        for item in attachments if isinstance(attachments, list) else ():
            values = [item.get(name) for name in _FIELDS] if isinstance(item, dict) else []
            texts = [value for value in values if isinstance(value, str)]
            if len(texts) == len(_FIELDS):
                yield File(url=texts[0], content_type=texts[1], name=texts[2])


def without_private_urls(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """The query; what is attached from another machine stands there without what opens it.

    Poe signs the URLs of its files, as others do.
    """
    if not any("?" in file.url for file in attached_files(request)):
        return request
    return {**request, "query": [_without_private_urls(message) for message in request["query"]]}


def _without_private_urls(message: Any) -> Any:
    attachments = message.get("attachments") if isinstance(message, Mapping) else None
    if not isinstance(attachments, list):
        return message
    return {**message, "attachments": [_shown(item) for item in attachments]}


def _shown(attachment: Any) -> Any:
    url = attachment.get("url") if isinstance(attachment, Mapping) else None
    if not isinstance(url, str) or is_loopback_url(url):
        return attachment
    return {**attachment, "url": url_to_keep(url, values=False)}


_FIELDS = ("url", "content_type", "name")
