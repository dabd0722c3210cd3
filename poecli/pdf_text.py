"""The text of a PDF, as far as an optional library can read it."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator


def pdf_text(data: bytes) -> str | None:
    """A PDF's text, or None: without pypdf, and for a file it can't read."""
    try:
        import pypdf  # noqa: PLC0415 - optional: `pip install pypdf`
    except ImportError:
        return None
    try:
        with _silent("pypdf"):  # its log can't name the file
            pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]
    except Exception:  # noqa: BLE001 - pypdf raises what it likes at a broken file
        return None
    return "\n".join(pages).strip() or None


@contextlib.contextmanager
def _silent(logger: str) -> Iterator[None]:
    """For the block: in an author's tests the logger is theirs."""
    log = logging.getLogger(logger)
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)
