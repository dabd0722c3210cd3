"""The text of a PDF, as far as an optional library can read it."""

from __future__ import annotations

import io
import logging


def pdf_text(data: bytes) -> str | None:
    """A PDF's text, or None: without pypdf, and for a file it can't read."""
    try:
        import pypdf  # noqa: PLC0415 - optional: `pip install pypdf`
    except ImportError:
        return None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it can't name the file
    try:
        pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]
    except Exception:  # noqa: BLE001 - pypdf raises what it likes at a broken file
        return None
    return "\n".join(pages).strip() or None
