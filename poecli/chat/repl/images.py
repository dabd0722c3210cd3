"""Images within the terminal, where it can show them.

kitty: https://sw.kovidgoyal.net/kitty/graphics-protocol/
iTerm2 and WezTerm: https://iterm2.com/documentation-images.html
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from poecli.client.exchange import download
from poecli.client.http import Session
from poecli.errors import PoeCliError
from poecli.protocol.events import File
from poecli.terminal.console import Console
from poecli.terminal.views import can_paint

_LARGEST_BYTES = 5_000_000
_KITTY_CHUNK = 4096
_PNG = b"\x89PNG\r\n\x1a\n"


def way_to_show(console: Console) -> str:
    """How this terminal shows images: "kitty", "iterm", or "" for not at all."""
    env = console.env
    # tmux and screen swallow the sequences.
    if not can_paint(console) or env.get("TMUX") or env.get("TERM", "").startswith("screen"):
        return ""
    if env.get("KITTY_WINDOW_ID") or env.get("TERM") in ("xterm-kitty", "xterm-ghostty"):
        return "kitty"
    if env.get("TERM_PROGRAM") in ("iTerm.app", "WezTerm") or env.get("WEZTERM_PANE"):
        return "iterm"
    return ""


async def show_images(files: Sequence[File], session: Session, console: Console) -> None:
    """Show the images among the files; one that can't be fetched or shown is a link only."""
    way = way_to_show(console)
    for file in files:
        if not way or not file.content_type.startswith("image/"):
            continue
        try:
            data = await download(file.url, session, limit=_LARGEST_BYTES)
        except PoeCliError:
            continue
        console.data(sequence(way, data), end="\n" if sequence(way, data) else "")


def sequence(way: str, data: bytes) -> str:
    """The escape sequence that shows an image; empty where the terminal can't."""
    encoded = base64.b64encode(data).decode()
    if way == "iterm":
        return f"\x1b]1337;File=inline=1;size={len(data)};preserveAspectRatio=1:{encoded}\x07"
    if way != "kitty" or not data.startswith(_PNG):
        return ""  # kitty takes PNG, or raw pixels
    chunks = [encoded[i : i + _KITTY_CHUNK] for i in range(0, len(encoded), _KITTY_CHUNK)]
    parts = []
    for number, chunk in enumerate(chunks):
        head = "a=T,f=100," if number == 0 else ""
        parts.append(f"\x1b_G{head}m={int(number < len(chunks) - 1)};{chunk}\x1b\\")
    return "".join(parts)
