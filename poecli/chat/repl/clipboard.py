"""Copy a text: through the terminal itself, which works over SSH, else with the system's tool."""

from __future__ import annotations

import asyncio
import base64
import shutil

from poecli.terminal.console import Console
from poecli.terminal.views import can_paint

_TOOLS = (
    ("pbcopy",),
    ("wl-copy",),
    ("xclip", "-selection", "clipboard"),
    ("xsel", "--clipboard", "--input"),
    ("clip.exe",),
)
# Terminals drop a longer sequence: https://github.com/tmux/tmux/wiki/Clipboard
_LONGEST_OSC = 74_994


async def copy(text: str, console: Console) -> None:
    """Put the text where a paste finds it."""
    # OSC 52: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
    encoded = base64.b64encode(text.encode()).decode()
    if can_paint(console) and len(encoded) <= _LONGEST_OSC:
        console.data(f"\x1b]52;c;{encoded}\x07", end="")
    for tool in _TOOLS:
        if shutil.which(tool[0]):
            process = await asyncio.create_subprocess_exec(
                *tool,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            await process.communicate(text.encode())
            return
