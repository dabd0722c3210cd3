"""Where a fault stands in the source."""

from __future__ import annotations


def split_place(place: str, default_file: str) -> tuple[str, int]:
    """File and line of "file:line"; the first line of the default file for an empty place."""
    file, colon, line = place.rpartition(":")
    return (file, int(line)) if colon and line.isdecimal() else (default_file, 1)
