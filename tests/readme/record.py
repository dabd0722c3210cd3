"""Record the session of the README from a real run, as pictures for light and dark pages.

python -m tests.readme.record
"""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, MONOKAI
from rich.text import Text

HERE = Path(__file__).resolve().parent
THEMES = {"light": DEFAULT_TERMINAL_THEME, "dark": MONOKAI}
COLUMNS = 80
SESSION = (
    "poe new echo my-bot --no-input",
    "cd my-bot",
    'poe chat . -m "**Hello**, bot!"',
    "poe dev --port 0 --exec 'poe chat $POE_DEV_URL -m \"Hi!\"'",
    "poe check .",
)


def on_a_terminal(line: str, folder: Path, home: Path) -> str:
    """Run one line on a pseudo-terminal of 80 columns; everything it wrote there."""
    parent, child = pty.openpty()
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith("POE_")},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "COLUMNS": str(COLUMNS),
        "LINES": "24",
        "TERM": "xterm-256color",
    }
    process = subprocess.Popen(
        ["bash", "-c", line], stdin=child, stdout=child, stderr=child, cwd=folder, env=env
    )
    os.close(child)
    written = b""
    while True:
        try:
            chunk = os.read(parent, 65536)
        except OSError:  # Linux says EIO when the last writer has closed
            break
        if not chunk:
            break
        written += chunk
    os.close(parent)
    process.wait()
    return written.decode("utf-8", "replace").replace("\r\n", "\n")


def main() -> None:
    """Run the session once, and write one picture for each theme."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    with tempfile.TemporaryDirectory() as name:
        home = folder = Path(name).resolve()
        for line in SESSION:
            console.print(Text(f"$ {line}", style="bold"))
            if line.startswith("cd "):
                folder = (folder / line[3:]).resolve()
                continue
            output = on_a_terminal(line, folder, home).replace(str(home), "~")
            console.print(Text.from_ansi(output.rstrip("\n")))
    for theme, colours in THEMES.items():
        svg = console.export_svg(title="poe", theme=colours, clear=False, unique_id="session")
        (HERE / f"session-{theme}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
