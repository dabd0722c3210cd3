"""What the API says of itself in openapi.json, to hold its answers against."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import httpx

from tests.later import later

if TYPE_CHECKING:
    import jsonschema
else:
    jsonschema = later("jsonschema")


PREFIX = "/_poe/api/v1"
DESCRIPTION: dict[str, Any] = json.loads(
    files("poecli.playground").joinpath("openapi.json").read_text(encoding="utf-8")
)


def followed(value: Any) -> Any:
    """What a ``$ref`` within the description stands for, one step far."""
    if isinstance(value, Mapping) and "$ref" in value:
        found: Any = DESCRIPTION
        for name in value["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return followed(found)
    return value


def operations() -> dict[tuple[str, str], Mapping[str, Any]]:
    """(method, path) -> what is said of it."""
    return {
        (method.upper(), path): operation
        for path, methods in DESCRIPTION["paths"].items()
        for method, operation in methods.items()
    }


def operation_of(method: str, path: str) -> Mapping[str, Any] | None:
    """What is said of the route that takes this request; a literal path before a pattern."""
    for (described, template), operation in sorted(
        operations().items(), key=lambda o: "{" in o[0][1]
    ):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(PREFIX + template))
        if described == method and re.fullmatch(pattern, path):
            return operation
    return None


def check(value: Any, schema: Mapping[str, Any]) -> None:
    """Raises ValidationError."""
    whole = {**schema, "components": DESCRIPTION["components"]}
    jsonschema.Draft202012Validator(whole).validate(value)


async def check_answer(response: httpx.Response) -> None:
    """A hook for httpx: each answer of the API is as its description says."""
    operation = operation_of(response.request.method, response.url.path)
    if operation is None or response.headers["content-type"].startswith("text/event-stream"):
        return
    responses = operation["responses"]
    expected = responses.get(str(response.status_code)) or responses["default"]
    content = followed(expected)["content"]
    schema = content[response.headers["content-type"].partition(";")[0]]["schema"]
    await response.aread()
    if schema.get("type") != "string":
        check(response.json(), schema)
