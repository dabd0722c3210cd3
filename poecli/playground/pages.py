"""The page's own files: read once, served with a policy under which only they may act."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from aiohttp import web

# One Trusted Types policy may exist, and it has this name: page/html.js.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types playground"
)
# No Cross-Origin-Opener-Policy: browsers load a page that has it in a new process, which delays
# the first paint by half, and a page that has no frames and hears no messages needs none.
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-cache",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_SHEETS = ("style", "chat", "turn", "local_poe", "again", "code")  # in this order: later ones win
_TYPES = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True)
class _File:
    body: bytes
    content_type: str
    etag: str


@cache
def page_files() -> dict[str, _File]:
    """Every file of the page by its name; the style sheets as one, which the first paint awaits."""
    bodies = {
        entry.name: entry.read_bytes()
        for entry in files("poecli.playground").joinpath("page").iterdir()
        if entry.is_file()
    }
    bodies["all.css"] = b"\n".join(bodies.pop(f"{name}.css") for name in _SHEETS)
    return {
        name: _File(body, _TYPES[name.rpartition(".")[2]], hashlib.sha256(body).hexdigest()[:16])
        for name, body in bodies.items()
    }


def page_routes(prefix: str) -> list[web.RouteDef]:
    """``prefix/`` is the page, ``prefix/page/NAME`` a file of it."""

    async def get_page(request: web.Request) -> web.StreamResponse:
        return _answer(request, "index.html")

    async def get_file(request: web.Request) -> web.StreamResponse:
        return _answer(request, request.match_info["name"])

    async def to_page(_request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(f"{prefix}/")

    return [
        web.get(prefix, to_page),
        web.get(f"{prefix}/", get_page),
        web.get(f"{prefix}/page/{{name}}", get_file),
    ]


def _answer(request: web.Request, name: str) -> web.Response:
    file = page_files().get(name)
    if file is None:
        raise web.HTTPNotFound(text=f"The playground has no file {name}.\n")
    headers = {**_HEADERS, "ETag": f'"{file.etag}"'}
    if any(tag.value == file.etag for tag in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    return web.Response(
        body=file.body, content_type=file.content_type, charset="utf-8", headers=headers
    )
