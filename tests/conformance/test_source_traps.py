from __future__ import annotations

import pytest

from poecli.conformance.source_traps import look_at_source
from poecli.source.python_file import PythonFile

HEAD = "import asyncio, sys, time\nimport fastapi_poe as fp\nimport modal\n"


def bot(body: str, init: str = "") -> str:
    return f"{HEAD}\nclass B(fp.PoeBot):\n{init}    async def get_response(self, request):\n{body}"


YIELD = "        yield fp.PartialResponse(text='a')\n"
PUSH = bot(YIELD) + "K = os.environ['K']\n"


def tried(body: str, *lines: str) -> str:
    """A try around ``body``; handlers without a line of their own pass."""
    inside = [line if line.startswith("except") else f"    {line}" for line in (*lines, "pass")]
    block = "".join(f"        {line}\n" for line in ("try:", f"    {body}", *inside))
    return block + YIELD


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
    "no name to push under": PUSH + "fp.make_app(B(), access_key=K, bot_name='')\n",
    "None for a name": PUSH + "fp.make_app(B(bot_name=None), access_key=K)\n",
    "an empty name by a name": PUSH + "N = ''\nfp.make_app(B(), access_key=K, bot_name=N)\n",
    "the official template, not filled in": PUSH
    + "KEY = ''\nNAME = ''\nbot = B()\nfp.make_app(bot, access_key=KEY, bot_name=NAME,"
    " allow_without_key=not (KEY and NAME))\n",
    "a name, and open to all": PUSH + "fp.make_app(B(bot_name='b'), allow_without_key=OK)\n",
    "a name of one bot, a key of another": PUSH + "fp.make_app([B('/a', K), B(bot_name='b')])\n",
    "a class attribute that PoeBot sets itself": PUSH
    + "class C(B):\n    bot_name = 'b'\nfp.make_app(C(), access_key=K)\n",
    "another's make_app": PUSH + "mine.make_app(B(bot_name='b', access_key=K))\n",
    "nothing to cancel": bot(tried("x = 1", "except:")),
    "an await in a function inside": bot(tried("async def f(): await g()", "except:")),
    "handled before": bot(
        tried("await f()", "except asyncio.CancelledError:", "raise", "except BaseException:")
    ),
    "a task of its own": bot(
        "        task.cancel()\n" + tried("await task", "except asyncio.CancelledError:")
    ),
    "what is no BaseException": bot(tried("await f()", "except (ValueError, Exception):")),
    "another class": "class A:\n    def __init__(self):\n        pass\n",
}
PUSHES = {
    "names given to the call": "fp.make_app(B(), access_key=K, bot_name='b')\n",
    "the key as second argument": "fp.make_app(B(), K, bot_name='b')\n",
    "the old api_key": "fp.make_app(B(), api_key=K, bot_name='b')\n",
    "a key from the environment": "fp.make_app(B(), bot_name='b')\n",
    "an empty key, so the environment's": "fp.make_app(B(), access_key='', bot_name='b')\n",
    "names given to the bot": "fp.make_app(B(access_key=K, bot_name='b'))\n",
    "names given to the bot in order": "fp.make_app(B('/', K, 'b'))\n",
    "a name by each": "fp.make_app(B(bot_name='b'), access_key=K)\n",
    "a bot with a name": "one = B(access_key=K, bot_name='b')\nfp.make_app(one)\n",
    "several bots": "fp.make_app([B('/a'), B('/b', access_key=K, bot_name='b')])\n",
    "a list with a name": "all = [B('/b', K, 'b')]\nfp.make_app(all)\n",
    "set afterwards": "one = B(access_key=K)\none.bot_name = 'b'\nfp.make_app(one)\n",
    "in __init__": "class C(B):\n    def __init__(self):\n"
    "        super().__init__(access_key=K, bot_name='b')\nfp.make_app(C())\n",
    "by a parameter of __init__": "class C(B):\n    def __init__(self, name, key=K):\n"
    "        super().__init__(access_key=key, bot_name=name)\nfp.make_app(C('b'))\n",
    "in self": "class C(B):\n    def __init__(self):\n        super().__init__()\n"
    "        self.bot_name = 'b'\nfp.make_app(C(), access_key=K)\n",
    "in a class above": "class C(B):\n    def __init__(self):\n"
    "        super().__init__(bot_name='b')\nclass D(C):\n    x = 1\nfp.make_app(D(), K)\n",
    "as a dataclass": "@dataclass\nclass C(B):\n    bot_name: str = 'b'\nfp.make_app(C(), K)\n",
    "by a name": "N = 'b'\nfp.make_app(B(), access_key=K, bot_name=N)\n",
    "in a function": "def web():\n    one = B(bot_name='b')\n    return fp.make_app(one, K)\n",
    "by run": "if __name__ == '__main__':\n    fp.run(B(access_key=K, bot_name='b'))\n",
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
    "base exception": (bot(tried("await f()", "except BaseException:")), "cancel-swallowed", 10),
    "among others": (
        bot(tried("await f()", "except (ValueError, asyncio.CancelledError):")),
        "cancel-swallowed",
        10,
    ),
    "by its own name": (bot(tried("await f()", "except CancelledError:")), "cancel-swallowed", 10),
    "async for": (
        bot(tried("async for _ in f(): x = 1", "except:")),
        "cancel-swallowed",
        10,
    ),
    "another's task": (
        bot("        other.cancel()\n" + tried("await task", "except asyncio.CancelledError:")),
        "cancel-swallowed",
        11,
    ),
    **{
        f"push: {name}": (PUSH + lines, "settings-pushed-at-import", 8 + lines.count("\n"))
        for name, lines in PUSHES.items()
    },
    "run": (bot(YIELD) + "fp.run(B())\n", "exit-at-import", 8),
    "exit": (bot(YIELD) + "sys.exit(0)\n", "exit-at-import", 8),
    "modal": (bot(YIELD) + "stub = modal.Stub('x')\n", "modal-name-gone", 8),
    "modal import": (bot(YIELD) + "from modal import Mount\n", "modal-name-gone", 8),
}


@pytest.mark.parametrize("source", CLEAN.values(), ids=CLEAN)
def test_sound_source_shows_nothing(source: str) -> None:
    """What is right, or can't be told for sure, is not found fault with."""
    assert look_at_source(PythonFile(source)).findings == ()


@pytest.mark.parametrize(("source", "rule", "line"), BROKEN.values(), ids=BROKEN)
def test_each_trap_is_found_at_its_line(source: str, rule: str, line: int) -> None:
    """One trap is one finding, with file and line."""
    found = [
        (finding.rule, finding.place)
        for finding in look_at_source(PythonFile(source, "m.py")).findings
    ]
    assert found == [(rule, f"m.py:{line}")]


def test_source_that_can_not_be_read_is_not_judged() -> None:
    """A file of another syntax tells nothing."""
    run = look_at_source(PythonFile("class:", "m.py"))
    assert not run.findings
    assert not run.tested
    assert "m.py" in run.untested["blocking-call"]
