"""`poe chat` with a message: what is asked, and what a pipe gets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from poecli.commands.run import run
from poecli.errors import ExitCode
from poecli.terminal.console import Console
from tests.conformance.bots import KEY, SaysWithControls, serving
from tests.poe import API_KEY, poe, user_env
from tests.scripted import DONE, Answer, event, in_a_thread, text
from tests.terminal.screen import FakeTerminal

HELLO = Answer([text("hel"), text("lo"), DONE])
CODE = "Look:\n\n```python\nprint(1)\n```\nand\n~~~~sh\nls\n~~~~\n"
FULL = Answer(
    [
        event("meta", {"suggested_replies": True}),
        text("wrong"),
        event("replace_response", {"text": CODE}),
        event("file", {"url": "http://h/f", "content_type": "text/plain", "name": "f.txt"}),
        event("suggested_reply", {"text": "more"}),
        DONE,
    ]
)


@pytest.mark.parametrize(
    ("flags", "stdout"),
    [
        pytest.param([], CODE, id="final text once"),
        pytest.param(["--stream"], f"wrong\n{CODE}", id="--stream"),
        pytest.param(["-x"], "print(1)\n", id="-x"),
        pytest.param(["-x", "--lang", "sh"], "ls\n", id="-x --lang"),
    ],
)
def test_a_pipe_gets_the_answer(flags: list[str], stdout: str, tmp_path: Path) -> None:
    """stdout holds the answer and nothing else."""
    with in_a_thread(FULL) as server:
        ran = poe("chat", server.url, "-m", "hi", *flags, env=user_env(tmp_path))

    assert (ran.code, ran.stdout) == (0, stdout)


def test_json_is_one_object(tmp_path: Path) -> None:
    """--json gives text, files, suggested replies, the number of events, timings and no error."""
    with in_a_thread(FULL) as server:
        ran = poe("chat", server.url, "-m", "hi", "--json", env=user_env(tmp_path))

    answer = json.loads(ran.stdout)
    assert (answer["v"], answer["type"], answer["text"]) == (1, "answer", CODE)
    assert [file["name"] for file in answer["files"]] == ["f.txt"]
    assert (answer["suggested_replies"], answer["events"]) == (["more"], 6)
    assert answer["timing"]["total_ms"] >= answer["timing"]["first_event_ms"] >= 0
    assert answer["error"] is None


def test_jsonl_is_a_line_for_each_event(tmp_path: Path) -> None:
    """--jsonl gives every event with its time, then the whole answer."""
    with in_a_thread(FULL) as server:
        ran = poe("chat", server.url, "-m", "hi", "--jsonl", env=user_env(tmp_path))

    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    kinds = ["meta", "text", "replace_response", "file", "suggested_reply", "done", "end"]
    assert [line["type"] for line in lines] == kinds
    assert all(line["v"] == 1 and line["at_ms"] >= 0 for line in lines)


@pytest.mark.parametrize(
    ("flags", "stdin", "sent"),
    [
        pytest.param(["-m", "hi"], "", "hi", id="-m"),
        pytest.param([], "from a pipe\n", "from a pipe", id="stdin"),
        pytest.param(["-m", "explain"], "code\n", "code\n\nexplain", id="both: stdin first"),
        pytest.param(["-m", "-"], "only\n", "only", id="-m -"),
        pytest.param(["-m", "hi", "--no-stdin"], "unread", "hi", id="--no-stdin"),
        pytest.param(["-m", "a\udce4b"], "", "a\ufffdb", id="argument that is no UTF-8"),
    ],
)
def test_where_the_message_comes_from(
    flags: list[str], stdin: str, sent: str, tmp_path: Path
) -> None:
    """The message is the flag's, stdin's, or stdin's and then the flag's."""
    with in_a_thread(HELLO) as server:
        ran = poe("chat", server.url, *flags, env=user_env(tmp_path), stdin=stdin)

    assert (ran.code, ran.stdout) == (0, "hello\n")
    assert server.requests[0].json["query"][-1]["content"] == sent


@pytest.mark.parametrize(
    ("flags", "field", "value"),
    [
        pytest.param(["--temperature", "0.5"], "temperature", 0.5, id="--temperature"),
        pytest.param(["--stop", "A", "--stop", "B"], "stop_sequences", ["A", "B"], id="--stop"),
        pytest.param(["--logit-bias", "7=-1.5"], "logit_bias", {"7": -1.5}, id="--logit-bias"),
        pytest.param(
            ["--skip-system-prompt"], "skip_system_prompt", True, id="--skip-system-prompt"
        ),
    ],
)
def test_options_reach_the_bot(flags: list[str], field: str, value: Any, tmp_path: Path) -> None:
    """Each option of get_bot_response is a flag."""
    with in_a_thread(HELLO) as server:
        poe("chat", server.url, "-m", "hi", *flags, env=user_env(tmp_path))

    assert server.requests[0].json[field] == value


def test_a_system_prompt_is_the_first_message(tmp_path: Path) -> None:
    """--system puts a system message before the question."""
    with in_a_thread(HELLO) as server:
        poe("chat", server.url, "-m", "hi", "--system", "Be brief", env=user_env(tmp_path))

    said = [(m["role"], m["content"]) for m in server.requests[0].json["query"]]
    assert said == [("system", "Be brief"), ("user", "hi")]


def test_a_handle_is_asked_on_poe_with_the_api_key(tmp_path: Path) -> None:
    """A handle goes to POE_BASE_URL/bot/NAME with the API key as a bearer token."""
    with in_a_thread(HELLO) as server:
        env = user_env(tmp_path, POE_API_KEY=API_KEY, POE_BASE_URL=f"{server.url}/v1/")
        ran = poe("chat", "My-Bot", "-m", "hi", env=env)

    assert (ran.code, server.requests[0].path) == (0, "/bot/My-Bot")
    assert server.requests[0].headers["authorization"] == f"Bearer {API_KEY}"
    assert API_KEY not in ran.stdout + ran.stderr


def test_a_local_poe_is_asked_without_a_key_of_ones_own(tmp_path: Path) -> None:
    """With POE_BASE_URL on this machine a handle needs no key; some key goes along, as it must."""
    with in_a_thread(HELLO) as server:
        ran = poe("chat", "My-Bot", "-m", "hi", env=user_env(tmp_path, POE_BASE_URL=server.url))

    assert (ran.code, server.requests[0].path) == (0, "/bot/My-Bot")
    assert server.requests[0].headers["authorization"].startswith("Bearer ")


def test_an_access_key_goes_to_this_machine_only(tmp_path: Path) -> None:
    """A bot at a loopback URL gets POE_ACCESS_KEY; the API key stays here."""
    with in_a_thread(HELLO) as server:
        env = user_env(tmp_path, POE_API_KEY=API_KEY, POE_ACCESS_KEY="a" * 32)
        poe("chat", server.url, "-m", "hi", env=env)

    assert server.requests[0].headers["authorization"] == f"Bearer {'a' * 32}"


def test_a_chat_goes_on(tmp_path: Path) -> None:
    """--continue sends what was said before, in the same conversation."""
    env = user_env(tmp_path)
    with in_a_thread(HELLO) as server:
        poe("chat", server.url, "-m", "one", env=env)
        poe("chat", "--continue", "-m", "two", env=env)

    first, second = (r.json for r in server.requests if r.json["type"] == "query")
    said = [(m["role"], m["content"]) for m in second["query"]]
    assert said == [("user", "one"), ("bot", "hello"), ("user", "two")]
    assert first["conversation_id"] == second["conversation_id"]
    assert first["user_id"] == second["user_id"]


def test_chats_are_listed_shown_exported_and_found(tmp_path: Path) -> None:
    """--list, --show, --export and --search read what was kept."""
    env = user_env(tmp_path)
    with in_a_thread(HELLO) as server:
        poe("chat", server.url, "-m", "a very special question", env=env)
    listed = json.loads(poe("chat", "--list", "--json", env=env).stdout)["chats"]
    start = listed[0]["id"][:5]

    assert [chat["title"] for chat in listed] == ["a very special question"]
    assert "hello" in poe("chat", "--show", start, env=env).stdout
    exported = json.loads(poe("chat", "--export", "json", env=env).stdout)
    assert exported["messages"][0]["answer"]["text"] == "hello"
    assert listed[0]["id"] in poe("chat", "--search", "speci hello", env=env).stdout
    assert poe("chat", "--search", "nowhere", env=env).stdout == ""
    removed = poe("chat", "--remove", start, "--json", env=env)
    assert json.loads(removed.stdout) == {"v": 1, "type": "removed", "id": listed[0]["id"]}
    assert poe("chat", "--search", "speci hello", env=env).stdout == ""


def test_in_a_terminal_a_chat_is_a_row(tmp_path: Path) -> None:
    """Its first words end at the edge; a pipe gets all that is kept of them."""
    env = user_env(tmp_path)
    with in_a_thread(HELLO) as server:
        poe("chat", server.url, "-m", "words " * 12, env=env)
    console = Console.test(env=env)
    console.stdout = terminal = FakeTerminal(columns=80, lines=20)

    assert run(("chat", "--list"), console) == 0
    (row,) = terminal.rows()
    assert (len(row), row[-1]) == (80, "…")
    assert "words " * 9 in poe("chat", "--list", env=env).stdout


def test_nothing_is_kept_with_no_store(tmp_path: Path) -> None:
    """--no-store leaves no file behind."""
    with in_a_thread(HELLO) as server:
        poe("chat", server.url, "-m", "hi", "--no-store", env=user_env(tmp_path))

    assert not (tmp_path / "data").exists()


def test_files_of_an_answer_are_saved(tmp_path: Path) -> None:
    """--save-files fetches each file; its name can't leave the folder, nothing is overwritten."""
    with in_a_thread(Answer([b"content"], content_type="text/plain")) as files:
        sent = {"url": files.url, "content_type": "text/plain", "name": "../../up.txt"}
        answer = Answer([text("here"), event("file", sent), event("file", sent), DONE])
        with in_a_thread(answer) as server:
            folder = tmp_path / "saved"
            flags = ["--save-files", str(folder)]
            ran = poe("chat", server.url, "-m", "hi", *flags, env=user_env(tmp_path))

    assert ran.code == 0
    saved = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert saved == {"up.txt": b"content", "up-2.txt": b"content"}


def test_a_time_limit_holds_for_the_whole_answer(tmp_path: Path) -> None:
    """--timeout ends an answer that has begun and hangs; what had come is printed."""
    with in_a_thread(Answer([text("part")], end="hang")) as server:
        ran = poe("chat", server.url, "-m", "hi", "--timeout", "0.5", env=user_env(tmp_path))

    assert (ran.code, ran.stdout) == (ExitCode.NOT_REACHABLE, "part\n")
    assert "--timeout" in ran.stderr


def test_a_file_for_a_handle_is_uploaded(tmp_path: Path) -> None:
    """A bot on Poe gets the URL that Poe gave for the file; the key stays out of the query."""
    (tmp_path / "note.txt").write_text("some words")
    uploaded = {"attachment_url": "https://files.example/1", "mime_type": "text/plain"}
    answer = Answer([json.dumps(uploaded).encode()], content_type="application/json")
    with in_a_thread(answer, HELLO) as server:
        env = user_env(tmp_path, POE_API_KEY=API_KEY, POE_BASE_URL=server.url)
        ran = poe("chat", "My-Bot", "-m", "hi", "-a", str(tmp_path / "note.txt"), env=env)

    assert ran.code == 0
    upload, query = server.requests
    assert b"some words" in upload.body
    (attachment,) = query.json["query"][0]["attachments"]
    assert (attachment["url"], attachment["name"]) == ("https://files.example/1", "note.txt")
    assert API_KEY.encode() not in query.body


def test_parameters_are_typed_by_the_bots_controls(tmp_path: Path) -> None:
    """--param asks the bot at a URL for its controls, and sends the type they want."""
    control = {"control": "toggle_switch", "label": "Web", "parameter_name": "web"}
    settings = {
        "response_version": 2,
        "parameter_controls": {"sections": [{"controls": [control]}]},
    }
    told = Answer([json.dumps(settings).encode()], content_type="application/json")
    with in_a_thread(told, HELLO) as server:
        ran = poe("chat", server.url, "-m", "hi", "-p", "web=on", env=user_env(tmp_path))

    assert ran.code == 0
    assert server.requests[1].json["query"][0]["parameters"] == {"web": True}


class Shows(SaysWithControls):
    """Answers with what it received."""

    async def answer(self, body: Any) -> AsyncIterator[bytes]:
        last = body["query"][-1]
        yield text(json.dumps([last["content"], last["parameters"]]))
        yield DONE


@pytest.mark.parametrize(
    ("flags", "received"),
    [([], ["hi --size 3", {}]), (["--text-params"], ["hi", {"size": 3}])],
    ids=["as written", "--text-params"],
)
async def test_a_message_is_read_for_parameters_if_asked(
    flags: list[str], received: list[Any], tmp_path: Path
) -> None:
    """Behind a flag, since Poe promises nothing of it."""
    env = user_env(tmp_path, POE_ACCESS_KEY=KEY)
    async with serving(Shows()) as url:
        ran = await asyncio.to_thread(poe, "chat", url, "-m", "hi --size 3", *flags, env=env)

    assert ran.code == 0, ran.stderr
    assert json.loads(ran.stdout) == received


def test_faults_are_for_a_bot_on_this_machine(tmp_path: Path) -> None:
    """Nobody can make another server fail on request."""
    ran = poe("chat", "http://127.0.0.1:1/", "-m", "hi", "--fault", "cut", env=user_env(tmp_path))
    assert (ran.code, "--fault" in ran.stderr) == (ExitCode.USAGE, True)


def test_a_python_is_for_a_bot_on_this_machine(tmp_path: Path) -> None:
    """What runs elsewhere has one of its own."""
    ran = poe("chat", "http://127.0.0.1:1/", "-m", "hi", "--python", "3.11", env=user_env(tmp_path))
    assert (ran.code, "--python is for" in ran.stderr) == (ExitCode.USAGE, True)


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--search", "hi", "--remove", "a"], "--search, --remove"),
        (["--list", "--show", "a"], "--list, --show"),
        (["--list", "--export", "md"], "--list, --export"),
        (["--export", "json", "-m", "hi"], "--export, --message"),
        (["--list", "GPT-4o"], "--list, BOT"),
        (["--show", "a", "--continue"], "--show, --continue"),
    ],
)
def test_one_thing_at_a_time_is_done_with_chats(
    flags: list[str], named: str, tmp_path: Path
) -> None:
    """The one would be done, a chat removed for example, and the other forgotten."""
    ran = poe("chat", *flags, env=user_env(tmp_path))
    assert (ran.code, f"{named} exclude each other." in ran.stderr) == (ExitCode.USAGE, True), ran
