"""Arguments for a tool, made from its JSON schema and the user's words.

A stand-in for what a model does: enough that "What is the weather in Tokyo?" calls a weather tool
with the location Tokyo, and that the arguments always fit the schema.
https://json-schema.org/understanding-json-schema/reference
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Schema = Mapping[str, Any]
_DEEPEST = 8  # a schema may refer to itself

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w])")
_QUOTED = re.compile(r"[\"“”'`‘]([^\"“”'`’]{1,200})[\"“”'`’](?!\w)")  # noqa: RUF001 - typographic quotes are meant
_NAME = r"[A-Z][\w'’-]*(?:[ ,]+[A-Z][\w'’-]*)*"  # noqa: RUF001 - as above
_AFTER_PREPOSITION = re.compile(rf"\b(?:in|at|for|of|near|to|from|about)\s+(?:the\s+)?({_NAME})")
_CAPITALISED = re.compile(rf"(?<=[a-z,:] )({_NAME})")
_LAST_PHRASE = re.compile(r"\b(?:in|at|for|of|near|to|about)\s+(?:the\s+)?([^?.!]+)[?.!]*\s*$")
_FORMATS = {
    "date": re.compile(r"\b\d{4}-\d{2}-\d{2}\b"),
    "date-time": re.compile(r"\b\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})?"),
    "time": re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\b"),
    "email": re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b"),
    "uri": re.compile(r"https?://[^\s<>\"']+"),
    "url": re.compile(r"https?://[^\s<>\"']+"),
}
_FORMAT_DEFAULTS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00",
    "email": "user@example.com",
    "uri": "https://example.com/",
    "url": "https://example.com/",
}
# Names of properties that want the user's whole text rather than a part of it.
_WHOLE_TEXT = re.compile(r"(?i)query|text|prompt|message|question|expression|input|content|search")
_FALSE = re.compile(r"(?i)\b(?:no|not|without|don't|disable)\b")


class ArgumentMaker:
    """Makes the arguments of one call; each number of the text is used once."""

    def __init__(self, schema: Schema, text: str) -> None:
        self._root = schema
        self._text = text
        self._numbers = [m.group() for m in _NUMBER.finditer(text)]
        self._phrases = _phrases(text)
        self.taken_from_text = 0

    def make(self) -> dict[str, Any]:
        """An object that fits the schema."""
        made = self._object("", self._root, 0)
        return made if isinstance(made, dict) else {}

    def _value(self, name: str, schema: Schema, depth: int, *, required: bool) -> Any:
        """A value, or None when nothing was said of an optional property."""
        schema = self._resolved(schema)
        if depth > _DEEPEST:
            return None
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return self._choice(schema, required=required)
        maker = self._makers.get(_type_of(schema))
        if not required and _type_of(schema) == "string" and "format" not in schema:
            return None  # a phrase of the text would fit any name; only a format tells
        found = maker(self, name, schema, depth) if maker else None
        return self._default(name, schema) if found is None and required else found

    def _resolved(self, schema: Schema) -> Schema:
        for _ in range(_DEEPEST):
            reference = schema.get("$ref")
            if isinstance(reference, str) and reference.startswith("#"):
                target: Any = self._root
                for part in reference.split("/")[1:]:
                    target = target.get(part, {}) if isinstance(target, Mapping) else {}
                schema = target
                continue
            branches = schema.get("anyOf") or schema.get("oneOf")
            if isinstance(branches, list):
                full = [b for b in branches if isinstance(b, Mapping) and b.get("type") != "null"]
                schema = full[0] if full else {}
                continue
            parts = schema.get("allOf")
            if isinstance(parts, list) and "type" not in schema:
                schema = {k: v for p in parts if isinstance(p, Mapping) for k, v in p.items()}
                continue
            break
        return schema

    def _choice(self, schema: Schema, *, required: bool) -> Any:
        for option in schema["enum"]:
            if re.search(rf"(?i)(?<!\w){re.escape(str(option))}(?!\w)", self._text):
                self.taken_from_text += 1
                return option
        return schema.get("default", schema["enum"][0]) if required else None

    def _object(self, name: str, schema: Schema, depth: int) -> Any:
        del name
        properties = schema.get("properties")
        wanted = schema.get("required")
        required = wanted if isinstance(wanted, list) else []
        made: dict[str, Any] = {}
        for key, part in (properties if isinstance(properties, Mapping) else {}).items():
            if isinstance(part, Mapping):
                value = self._value(key, part, depth + 1, required=key in required)
                if value is not None:
                    made[key] = value
        return made or ({} if depth == 0 else None)

    def _number(self, name: str, schema: Schema, depth: int) -> Any:
        del name, depth
        whole = _type_of(schema) == "integer"
        for position, digits in enumerate(self._numbers):
            if whole and "." in digits:
                continue
            value = int(digits) if "." not in digits else float(digits)
            if schema.get("minimum", value) <= value <= schema.get("maximum", value):
                del self._numbers[position]
                self.taken_from_text += 1
                return value
        return None

    def _boolean(self, name: str, schema: Schema, depth: int) -> Any:
        del schema, depth
        for word in re.split(r"[_\W]+", name):
            said = re.search(rf"(?i)\b{re.escape(word)}", self._text) if len(word) > 2 else None  # noqa: PLR2004 - "is", "in" say nothing
            if said:
                self.taken_from_text += 1
                return not _FALSE.search(self._text[: said.start()])
        return None

    def _array(self, name: str, schema: Schema, depth: int) -> Any:
        items = schema.get("items")
        items = self._resolved(items) if isinstance(items, Mapping) else {}
        if _type_of(items) in ("integer", "number"):
            found = []
            while (value := self._number(name, items, depth)) is not None:
                found.append(value)
            return found or None
        if _type_of(items) == "string" and "enum" not in items:
            parts = [p for phrase in self._phrases for p in re.split(r",\s*", phrase) if p]
            self._phrases.clear()
            self.taken_from_text += len(parts)
            return parts or None
        value = self._value(name, items, depth + 1, required=schema.get("minItems", 0) > 0)
        return None if value is None else [value]

    def _string(self, name: str, schema: Schema, depth: int) -> str | None:
        del depth
        expected = _FORMATS.get(schema.get("format", "")) or _FORMATS.get(name.lower())
        if expected is not None:
            found = expected.search(self._text)
            text = found.group() if found else None
        elif _WHOLE_TEXT.search(name):
            text = self._text.strip() or None
        else:
            text = self._phrases.pop(0) if self._phrases else None
        if text is not None:
            self.taken_from_text += 1
        return text

    def _default(self, name: str, schema: Schema) -> Any:
        if "default" in schema:
            return schema["default"]
        examples = schema.get("examples")
        if isinstance(examples, list) and examples:
            return examples[0]
        kind = _type_of(schema)
        if kind in ("integer", "number"):
            return schema.get("minimum", schema.get("maximum", 1))
        if kind == "string":
            return _FORMAT_DEFAULTS.get(schema.get("format", "")) or self._text.strip() or name
        return {"boolean": False, "array": [], "object": {}}.get(kind)

    _makers: Mapping[str, Callable[[ArgumentMaker, str, Schema, int], Any]] = {
        "object": _object,
        "number": _number,
        "integer": _number,
        "boolean": _boolean,
        "array": _array,
        "string": _string,
    }


def _phrases(text: str) -> list[str]:
    """The parts of the text that name something, the surest first."""
    for pattern in (_QUOTED, _AFTER_PREPOSITION, _CAPITALISED, _LAST_PHRASE):
        found = [match.group(1).strip(" ,") for match in pattern.finditer(text)]
        if found:
            return found
    return []


def _type_of(schema: Schema) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((k for k in kind if k != "null"), "string")
    if isinstance(kind, str):
        return kind
    return "object" if "properties" in schema else "string"
