"""The Typer app and the one door out."""

from __future__ import annotations


def main() -> int:
    """Run the command line; the exit code of the process."""
    return 0
