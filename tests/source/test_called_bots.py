from __future__ import annotations

import pytest

from poecli.source.called_bots import called_bots
from poecli.source.python_file import PythonFile

HEAD = "import fastapi_poe as fp\n"


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("", set()),
        ("fp.stream_request(r, 'A', k)", {"A"}),
        ("fp.get_final_response(r, bot_name='A', api_key=k)", {"A"}),
        (
            "M: str = 'A'\nN = 'B'\nfp.stream_request(r, M, k)\nfp.get_bot_response(r, N, k)",
            {"A", "B"},
        ),
        ("from fastapi_poe.client import stream_request\nstream_request(r, 'A', k)", {"A"}),
    ],
    ids=["none", "literal", "keyword", "constants", "imported"],
)
def test_calls_name_their_bots(source: str, named: set[str]) -> None:
    """As literals, or as constants of the file."""
    assert called_bots([PythonFile(HEAD), PythonFile(HEAD + source)]) == frozenset(named)


@pytest.mark.parametrize(
    "source",
    [
        "fp.stream_request(r, name, k)",
        "fp.stream_request(r, f'{name}', k)",
        "fp.stream_request(*args)",
        "fp.stream_request(r)",
        "M = 'A'\nM = 'B'\nfp.stream_request(r, M, k)",
        "M = 'A'\ndef ask(M): fp.stream_request(r, M, k)",
        "ask = fp.stream_request",
        "from fastapi_poe import stream_request as ask\nask(r, name, k)",
        "from openai import AsyncOpenAI",
        "import openai.types",
        "URL = 'https://api.poe.com/v1'",
        "os.environ['POE_BASE_URL']",
        "def (",
    ],
)
def test_what_can_not_be_told_is_not_told(source: str) -> None:
    """A name that is computed, a function that is handed on, another way to Poe."""
    assert called_bots([PythonFile(HEAD), PythonFile(HEAD + source)]) is None
