"""A body that others wrote, field by field: what does not fit is refused by the field's name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from poecli.protocol.messages import Tolerant, misfits
from poecli.protocol.requests import BadRequest

M = TypeVar("M", bound=Tolerant)
_SHOWN_CHARACTERS = 80
_INDEX = re.compile(r"\.(\d+)")


class BadField(BadRequest):
    """A field that can't be used; ``field`` is its place in the body, "messages[0].role"."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field


@dataclass(frozen=True)
class Field:
    """One value of a body, and its place in it. Each reader raises BadField for another type."""

    place: str
    value: Any

    def refused(self, reason: str) -> BadField:
        """The error for this field."""
        return BadField(self.place or "body", reason)

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.refused("must be a string")
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.refused("must be true or false")
        return self.value

    def number(self, least: float, most: float) -> float:
        if not isinstance(self.value, (int, float)) or isinstance(self.value, bool):
            raise self.refused("must be a number")
        if not least <= self.value <= most:
            raise self.refused(f"must be from {least:g} to {most:g}")
        return self.value

    def whole(self, least: int) -> int:
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self.refused("must be a whole number")
        if self.value < least:
            raise self.refused(f"must be {least} or more")
        return self.value

    def items(self) -> list[Field]:
        if not isinstance(self.value, list):
            raise self.refused("must be a list")
        return [Field(f"{self.place}[{n}]", item) for n, item in enumerate(self.value)]

    def texts(self) -> list[str]:
        return [item.text() for item in self.items()]

    def object(self) -> Fields:
        if not isinstance(self.value, Mapping):
            raise self.refused("must be an object")
        return Fields(self.value, self.place)

    def one_of(self, names: Collection[str]) -> str:
        if not isinstance(self.value, str) or self.value not in names:
            raise self.refused(f"must be one of {', '.join(names)}")
        return self.value

    def read_as(self, model: type[M]) -> M:
        """The value as a model of ours."""
        try:
            return model.model_validate(self.value)
        except ValidationError as error:
            place, _, reason = misfits(error, self.place)[0].partition(": ")
            raise BadField(_INDEX.sub(r"[\1]", place), reason) from None


class Fields:
    """The fields of one object of a body."""

    def __init__(self, values: Mapping[str, Any], place: str = "") -> None:
        self.values = values
        self.place = place

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def find(self, name: str) -> Field | None:
        """The field; None where it is missing or null."""
        value = self.values.get(name)
        return None if value is None else Field(self.place_of(name), value)

    def required(self, name: str) -> Field:
        """The field. Raises BadField where it is missing or null."""
        field = self.find(name)
        if field is None:
            raise BadField(self.place_of(name), "is required")
        return field

    def text(self, name: str, default: str = "") -> str:
        field = self.find(name)
        return default if field is None else field.text()

    def flag(self, name: str, *, default: bool = False) -> bool:
        field = self.find(name)
        return default if field is None else field.flag()

    def number(self, name: str, least: float, most: float) -> float | None:
        field = self.find(name)
        return None if field is None else field.number(least, most)

    def whole(self, name: str, least: int) -> int | None:
        field = self.find(name)
        return None if field is None else field.whole(least)

    def items(self, name: str) -> list[Field]:
        field = self.find(name)
        return [] if field is None else field.items()

    def object(self, name: str) -> Fields:
        field = self.find(name)
        return Fields({}, self.place_of(name)) if field is None else field.object()

    def beyond(self, known: Collection[str]) -> dict[str, Any]:
        """The fields that are not among the known ones."""
        return {name: value for name, value in self.values.items() if name not in known}

    def place_of(self, name: str) -> str:
        """Where a field of this object stands in the body."""
        shown = name if len(name) <= _SHOWN_CHARACTERS else name[:_SHOWN_CHARACTERS] + "…"
        return f"{self.place}.{shown}" if self.place else shown


def named_model(body: Any) -> tuple[Fields, str]:
    """The fields of a body, and the bot it asks. Raises BadRequest."""
    if not isinstance(body, Mapping):
        raise BadRequest("the body is not a JSON object")
    fields = Fields(body)
    model = fields.required("model")
    if not model.text():
        raise model.refused("must be the name of a bot")
    return fields, model.text()
