"""Write the shell files of ``completions/`` anew from the command tree.

python -m tests.completion.generate
"""

from __future__ import annotations

from poecli.commands.completions import generate
from poecli.resources import data_folder


def main() -> None:
    """Write every script."""
    for name, text in generate().items():
        (data_folder("completions") / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
