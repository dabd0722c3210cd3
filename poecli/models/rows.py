"""Poe's models, filtered and laid out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from poecli.client.platform_api import Model
from poecli.terminal.foreign import one_line

_NAME_WIDTH = 32
_KINDS_WIDTH = 28
_PRICE_WIDTH = 24
_PER_MILLION = 1_000_000


def matching(
    models: Iterable[Model], words: str, takes: str | None, gives: str | None
) -> list[Model]:
    """The models that hold every word, take one kind and give another; case is ignored."""
    return [
        model
        for model in models
        if all(word in _text_of(model) for word in words.casefold().split())
        and (takes is None or takes.lower() in kinds(model)[0])
        and (gives is None or gives.lower() in kinds(model)[1])
    ]


def _text_of(model: Model) -> str:
    parts = (model.id, model.display_name, model.owned_by or "", model.description or "")
    return " ".join(parts).casefold()


def kinds(model: Model) -> tuple[list[str], list[str]]:
    """What a model takes and what it gives."""
    architecture = model.architecture
    if architecture is None:
        return [], []
    takes, gives = architecture.input_modalities, architecture.output_modalities
    return [kind.lower() for kind in takes], [kind.lower() for kind in gives]


def price(model: Model) -> str:
    """US dollars for a million tokens in and out, as far as the list tells."""
    pricing = model.pricing or {}
    parts = []
    for name, label in (("prompt", "in"), ("completion", "out"), ("request", "a request")):
        amount = _number(pricing.get(name))
        if amount is not None and amount > 0:
            per = 1 if name == "request" else _PER_MILLION
            parts.append(f"${amount * per:.4g} {label}")
    return ", ".join(parts)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def rows_of(models: Sequence[Model], width: int | None) -> list[str]:
    """One line a model: handle, what it takes and gives, price a million tokens, description."""
    rows = []
    for model in models:
        takes, gives = (",".join(names) for names in kinds(model))
        arrow = f"{takes} > {gives}" if takes or gives else ""
        row = (
            f"{one_line(model.id):<{_NAME_WIDTH}} {arrow:<{_KINDS_WIDTH}} "
            f"{price(model):<{_PRICE_WIDTH}} {one_line(model.description or '')}"
        ).rstrip()
        rows.append(one_row(row, width))
    return rows


def one_row(row: str, width: int | None) -> str:
    """The row cut to the width of a terminal; whole in a pipe."""
    return row if width is None or len(row) <= width else row[: width - 1] + "…"


def model_as_json(model: Model) -> dict[str, Any]:
    """A model as it is listed: id, name, owner, description, takes, gives, pricing, window."""
    takes, gives = kinds(model)
    return {
        "id": model.id,
        "display_name": model.display_name,
        "owned_by": model.owned_by,
        "description": model.description,
        "takes": takes,
        "gives": gives,
        "pricing": model.pricing,
        "context_window": model.context_window,
    }
