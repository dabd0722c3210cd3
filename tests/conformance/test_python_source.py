from __future__ import annotations

import pytest

from poecli.conformance.python_source import look_at_source

HEAD = "import asyncio, sys, time\nimport fastapi_poe as fp\nimport modal\n"


def bot(body: str, init: str = "") -> str:
    return f"{HEAD}\nclass B(fp.PoeBot):\n{init}    async def get_response(self, request):\n{body}"


YIELD = "        yield fp.PartialResponse(text='a')\n"
CLEAN = {
    "echo": bot(YIELD),
    "super": bot(YIELD, "    def __init__(self):\n        super().__init__()\n"),
    "key from the environment": bot(YIELD) + "B(access_key=os.environ['K'])\n",
    "sleep": bot("        await asyncio.sleep(1)\n" + YIELD),
    "sleep in a thread": bot("        await asyncio.to_thread(time.sleep, 1)\n" + YIELD),
    "raised again": bot(
        "        try:\n" + "    " + YIELD + "        except BaseException:\n            raise\n"
    ),
    "plain function": f"{HEAD}\nclass B(fp.PoeBot):\n    def get_response(self, request):\n"
    "        return self.other(request)\n",
    "run below the guard": bot(YIELD) + 'if __name__ == "__main__":\n    fp.run(B())\n',
    "open, but for a key in the environment": bot(YIELD)
    + "import os\nfp.make_app(B(access_key=os.environ.get('K')), allow_without_key=True)\n",
    "a user's key for a user's call": bot(YIELD)
    + "import os\nfp.get_bot_response_sync([], 'A', api_key=os.environ['POE_API_KEY'])\n",
    "an answer of another's": bot(
        "        for part in request.parts:\n            yield part.text\n"
    ),
    "another class": "class A:\n    def __init__(self):\n        pass\n",
}
# (source, rule, line)
BROKEN = {
    "init": (bot(YIELD, "    def __init__(self):\n        self.a = 1\n"), "init-without-super", 6),
    "return": (bot("        return 'a'\n"), "get-response-not-a-generator", 6),
    "text": (bot("        yield 'a'\n"), "yield-not-a-response", 7),
    "dict": (bot("        yield {'text': 'a'}\n"), "yield-not-a-response", 7),
    "content": (bot("        yield request.query[-1].content\n"), "yield-not-a-response", 7),
    "sum": (bot("        yield request.name + ': '\n"), "yield-not-a-response", 7),
    "str": (bot("        yield str(request)\n"), "yield-not-a-response", 7),
    "file": (
        bot("        await self.post_message_attachment(file_data='a', filename='b')\n" + YIELD),
        "file-data-is-text",
        7,
    ),
    "sleep": (bot("        time.sleep(1)\n" + YIELD), "blocking-call", 7),
    "bare except": (
        bot("        try:\n    " + YIELD + "        except:\n            pass\n"),
        "cancel-swallowed",
        10,
    ),
    "key": (
        bot(YIELD) + "fp.make_app(B(), access_key='abcdefgh12345678abcdefgh12345678')\n",
        "access-key-in-source",
        8,
    ),
    "short key": (bot(YIELD) + "fp.make_app(B(), access_key='abc')\n", "access-key-length", 8),
    "open": (
        bot(YIELD) + "fp.make_app(B(), allow_without_key=True)\n",
        "access-key-missing",
        8,
    ),
    "user's key": (
        bot(YIELD) + "import os\nfp.make_app(B(), access_key=os.environ['POE_API_KEY'])\n",
        "api-key-as-access-key",
        9,
    ),
    "user's key by name": (
        bot(YIELD) + "import os\nK = os.getenv('POE_API_KEY', '')\nB(access_key=K)\n",
        "api-key-as-access-key",
        10,
    ),
    "push": (
        bot(YIELD) + "fp.make_app(B(), access_key=K, bot_name='b')\n",
        "settings-pushed-at-import",
        8,
    ),
    "run": (bot(YIELD) + "fp.run(B())\n", "exit-at-import", 8),
    "exit": (bot(YIELD) + "sys.exit(0)\n", "exit-at-import", 8),
    "modal": (bot(YIELD) + "stub = modal.Stub('x')\n", "modal-name-gone", 8),
    "modal import": (bot(YIELD) + "from modal import Mount\n", "modal-name-gone", 8),
}


@pytest.mark.parametrize("source", CLEAN.values(), ids=CLEAN)
def test_sound_source_shows_nothing(source: str) -> None:
    """What is right, or can't be told for sure, is not found fault with."""
    assert look_at_source(source, "main.py").findings == ()


@pytest.mark.parametrize(("source", "rule", "line"), BROKEN.values(), ids=BROKEN)
def test_each_trap_is_found_at_its_line(source: str, rule: str, line: int) -> None:
    """One trap is one finding, with file and line."""
    found = [(finding.rule, finding.place) for finding in look_at_source(source, "m.py").findings]
    assert found == [(rule, f"m.py:{line}")]


def test_source_that_can_not_be_read_is_not_judged() -> None:
    """A file of another syntax tells nothing."""
    run = look_at_source("class:", "m.py")
    assert not run.findings
    assert not run.tested
    assert "m.py" in run.untested["blocking-call"]
