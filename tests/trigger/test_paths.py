from __future__ import annotations

from typing import Any

import pytest

from poecli.errors import UsageError
from poecli.trigger.paths import JsonPath, NoSuchPlace, assigned

BODY: dict[str, Any] = {
    "type": "query",
    "query": [{"content": "a"}, {"content": "b"}],
    "tools": None,
}


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("type=settings", {**BODY, "type": "settings"}),
        ("query.0.content=Hi", {**BODY, "query": [{"content": "Hi"}, {"content": "b"}]}),
        ("query.-1.content=Hi", {**BODY, "query": [{"content": "a"}, {"content": "Hi"}]}),
        ("query.2.role=bot", {**BODY, "query": [*BODY["query"], {"role": "bot"}]}),
        ("query=[]", {**BODY, "query": []}),
        ("tools.a.b=1", {**BODY, "tools": {"a": {"b": 1}}}),
        (r"a\.b=1", {**BODY, "a.b": 1}),
        ("new=", {**BODY, "new": ""}),
        ("new=a=b", {**BODY, "new": "a=b"}),
        ('new="1"', {**BODY, "new": "1"}),
        ("new=null", {**BODY, "new": None}),
        ("new=NaN", {**BODY, "new": "NaN"}),
        ("new=1e999", {**BODY, "new": "1e999"}),
        ("new={not json", {**BODY, "new": "{not json"}),
    ],
)
def test_a_value_is_put_where_the_path_says(assignment: str, expected: Any) -> None:
    """JSON where it parses, else a text; objects on the way are made, the body stays as it was."""
    before = str(BODY)

    assert assigned(BODY, assignment) == expected
    assert str(BODY) == before


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("type", {"query": BODY["query"], "tools": None}),
        ("query.0", {**BODY, "query": [{"content": "b"}]}),
        ("query.-1", {**BODY, "query": [{"content": "a"}]}),
        ("query.1.content", {**BODY, "query": [{"content": "a"}, {}]}),
    ],
)
def test_a_field_or_an_item_is_removed(path: str, expected: Any) -> None:
    """The rest stays as it was."""
    assert JsonPath("--remove", path).cut(BODY) == expected


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("query", "is not PATH=VALUE"),
        ("a..b=1", "a name of the path is empty"),
        ("=1", "a name of the path is empty"),
        ("query.3.content=Hi", "query has no item 3. It has 2, counted from 0."),
        ("query.-3=Hi", "query has no item -3."),
        ("query.first=Hi", "query is a list, and 'first' is not a number. Its 2 items are 0 to 1"),
        ("type.a=1", "type is a text, with nothing in it."),
        ("query.0.content.a.b=1", "query.0.content is a text"),
    ],
)
def test_a_path_that_can_not_be_is_told_with_the_place(assignment: str, words: str) -> None:
    """The error names where the path ends, and what is there."""
    with pytest.raises(UsageError) as told:
        assigned(BODY, assignment)
    assert words in f"{told.value.message} {told.value.why}{told.value.hint}"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("typ", "there is no 'typ' in the body. Did you mean 'type'?"),
        ("query.0.x", "there is no 'x' in query.0."),
        ("query.2", "query has no item 2."),
        ("type.a", "type is a text"),
    ],
)
def test_what_is_not_there_is_not_removed(path: str, words: str) -> None:
    """A misspelled path is told with the near name."""
    with pytest.raises(NoSuchPlace) as told:
        JsonPath("--remove", path).cut(BODY)
    assert words in f"{told.value.message} {told.value.hint}"
