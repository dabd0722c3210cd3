"""Everything that can go wrong around one question: a message, a code, and never a traceback."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from poecli.chats.schema import SCHEMA_VERSION
from tests.poe import API_KEY, Ran, poe, user_env
from tests.scripted import DONE, Answer, event, in_a_thread, text
from tests.servers import closed_port

HTML = b"<html><head><title>Bad gateway</title></head><body>no</body></html>"
MESSAGE = json.dumps({"error": {"message": "told by Poe"}}).encode()
HELLO = Answer([text("hello"), DONE])
JSON_TYPE, HTML_TYPE = "application/json", "text/html"


def status(code: int, body: bytes = MESSAGE, kind: str | None = JSON_TYPE) -> Answer:
    return Answer([body] if body else [], status=code, content_type=kind)


def failing(**error: object) -> Answer:
    return Answer([event("error", error), DONE])


def well_told(ran: Ran, code: int, says: str) -> None:
    """The code, the words, one short message; no traceback, and no key."""
    assert (ran.code, ran.stdout if ran.code == 2 else "") == (code, "")
    assert says in ran.stderr
    assert ran.stderr.count("error:") == (1 if code else 0)
    assert "Traceback" not in ran.stderr
    assert len(ran.stderr.splitlines()) <= 6
    assert API_KEY not in ran.stdout + ran.stderr


ON_POE = [
    # name, what Poe answers, exit code, words in the message
    ("401 with JSON", status(401), 3, "API key"),
    ("401 with HTML", status(401, HTML, HTML_TYPE), 3, "API key"),
    ("401 with nothing", status(401, b"", None), 3, "API key"),
    ("402", status(402), 3, "points"),
    ("403", status(403), 3, "API key"),
    ("404", status(404), 4, "has no bot"),
    ("408", status(408), 4, "waited too long"),
    ("413", status(413), 2, "too large"),
    ("429", status(429), 5, "no more calls"),
    ("500 with JSON", status(500), 5, "told by Poe"),
    ("500 with nothing", status(500, b"", None), 5, "Poe failed"),
    ("500 with HTML", status(500, HTML, HTML_TYPE), 5, "Bad gateway"),
    ("502 with HTML", status(502, HTML, HTML_TYPE), 5, "Bad gateway"),
    ("529", status(529), 5, "Poe failed"),
    ("no such bot", failing(text="Bot does not exist"), 4, "does not exist"),
    ("private bot", failing(text="Cannot access private bots"), 4, "private"),
    ("access denied", failing(text="Access denied"), 3, "access key is not an API key"),
    ("rate limit", failing(text="You have exceeded rate limit"), 5, "later"),
    ("internal error", failing(text="Internal server error"), 5, "server_bot_dependencies"),
    ("no funds", failing(error_type="insufficient_fund"), 3, "points"),
    ("subscription", failing(error_type="subscription_required"), 3, "subscri"),
    ("too long", failing(text="long", error_type="user_message_too_long"), 1, "long"),
    ("user's fault", failing(text="yours", error_type="user_caused_error"), 1, "yours"),
    ("privacy", failing(text="priv", error_type="privacy_authorization_error"), 1, "priv"),
    ("error without a word", failing(), 1, "no reason"),
]


@pytest.mark.parametrize(
    ("answer", "code", "says"), [p[1:] for p in ON_POE], ids=[p[0] for p in ON_POE]
)
def test_poe_refuses(answer: Answer, code: int, says: str, tmp_path: Path) -> None:
    """Each refusal of Poe's has its exit code and names who must act."""
    with in_a_thread(answer) as server:
        env = user_env(tmp_path, POE_API_KEY=API_KEY, POE_BASE_URL=server.url)
        well_told(poe("chat", "A-Bot", "-m", "hi", "--retries", "0", env=env), code, says)


AT_A_URL = [
    ("401", status(401), 1 + 2, "access key"),
    ("404", status(404), 4, "No bot is served"),
    ("405", status(405), 1, "not a Poe bot"),
    ("500", status(500), 1, "own log"),
    ("501", status(501), 1, "not a Poe bot"),
    ("503", status(503, HTML, HTML_TYPE), 4, "the bot does not"),
    ("redirect", Answer(status=302, headers=[("Location", "http://h/x")]), 4, "redirects"),
    ("JSON, no events", status(200), 1, "event stream"),
    ("HTML, no events", status(200, HTML, HTML_TYPE), 1, "event stream"),
    ("cut between events", Answer([text("a")], end="cut"), 1, "cut"),
    ("cut within an event", Answer([b'event: text\ndata: {"te'], end="cut"), 4, "closed"),
    ("no done", Answer([text("a")]), 1, "without `done`"),
    ("OpenAI's end", Answer([text("a"), b"event: done\ndata: [DONE]\n\n"]), 1, "`done` event"),
    ("nothing at all", Answer(status=0), 4, "closed the connection"),
    ("an endless line", Answer([b"data: ", b"x" * 9_000_000]), 1, "end a line"),
    ("only done", Answer([DONE]), 1, "empty"),
    ("data that is no JSON", Answer([b"event: text\ndata: {oops\n\n", DONE]), 1, "empty"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "code", "says"), [p[1:] for p in AT_A_URL], ids=[p[0] for p in AT_A_URL]
)
def test_a_bot_server_misbehaves(answer: Answer, code: int, says: str, tmp_path: Path) -> None:
    """Each failure of a bot's own server has its exit code and says what came."""
    with in_a_thread(answer) as server:
        flags = ("-m", "hi", "--retries", "0", "--timeout", "5")
        well_told(poe("chat", server.url, *flags, env=user_env(tmp_path)), code, says)


@pytest.mark.parametrize(
    "answer",
    [Answer(silent=True), Answer([text("a")], end="hang")],
    ids=["silence", "a part, then silence"],
)
def test_a_bot_server_is_silent(answer: Answer, tmp_path: Path) -> None:
    """As long as it may be, and told so then."""
    with in_a_thread(answer) as server:
        flags = ("-m", "hi", "--retries", "0", "--timeout", "0.5")
        ran = poe("chat", server.url, *flags, env=user_env(tmp_path))
        well_told(ran, 4, "did not finish")


# What no encoding and no JSON has, in each event that carries a bot's own words.
ODD = [
    ("text", b'event: text\ndata: {"text": "bad \\ud83d end"}', "bad \ufffd end"),
    ("replacement", b'event: replace_response\ndata: {"text": "\\udc4b"}', "\ufffd"),
    ("suggested reply", b'event: suggested_reply\ndata: {"text": "\\ud83d?"}', "hello"),
    ("metadata", b'event: data\ndata: {"metadata": "\\ud83d"}', "hello"),
    ("JSON", b'event: json\ndata: {"\\ud83d": "\\udc00"}', "hello"),
    ("numbers", b'event: json\ndata: {"a": NaN, "b": [1e999, -Infinity]}', "hello"),
    ("unknown event", b'event: new\ndata: {"text": "\\ud83d"}', "hello"),
    (
        "file's name",
        b'event: file\ndata: {"url": "http://h/\\ud83d", "name": "\\ud83d", "content_type": "x"}',
        "hello",
    ),
]


@pytest.mark.parametrize(("event", "says"), [o[1:] for o in ODD], ids=[o[0] for o in ODD])
def test_what_no_encoding_has_is_shown_kept_and_exported(
    event: bytes, says: str, tmp_path: Path
) -> None:
    """The answer is whole, and so is the chat, in every form."""
    env = user_env(tmp_path)
    with in_a_thread(Answer([text("hello"), event + b"\n\n", DONE])) as server:
        asked = poe("chat", server.url, "-m", "hi \ud83d", "--jsonl", env=env)
        again = poe("chat", server.url, "-m", "hi", "--continue", env=env)
    listed = poe("chat", "--list", "--json", env=env)
    exported = poe("chat", "--export", "json", env=env)
    assert [ran.code for ran in (asked, again, listed, exported)] == [0, 0, 0, 0]
    assert says in again.stdout
    assert "".join(ran.stdout + ran.stderr for ran in (asked, again, listed, exported)).encode()


GONE_URL = f"http://127.0.0.1:{closed_port()}"
USAGE = [
    # name, arguments after `chat`, variables, exit code, words
    ("no bot named", ["-m", "hi"], {}, 2, "No bot"),
    ("no message", [GONE_URL], {}, 2, "--message"),
    ("empty message", [GONE_URL, "-m", " "], {}, 2, "empty"),
    ("nobody listens", [GONE_URL, "-m", "hi"], {}, 4, "Can't connect"),
    ("no such host", ["http://bot.invalid", "-m", "hi"], {}, 4, "bot.invalid"),
    ("no such port", ["http://127.0.0.1:99999", "-m", "hi"], {}, 2, "65535"),
    ("no time at all", [GONE_URL, "-m", "hi", "--timeout", "0"], {}, 2, "--timeout"),
    ("a URL without a host", ["http://", "-m", "hi"], {}, 2, "not a web address"),
    ("no key", ["A-Bot", "-m", "hi"], {}, 3, "poe login"),
    ("a key that is none", ["A-Bot", "-m", "hi"], {"POE_API_KEY": "a b"}, 2, "is not valid"),
    ("an empty key", ["A-Bot", "-m", "hi"], {"POE_API_KEY": ""}, 3, "poe login"),
    ("a base URL that is none", ["A-Bot", "-m", "hi"], {"POE_BASE_URL": "x"}, 2, "POE_BASE_URL"),
    ("missing key file", ["A-Bot", "-m", "hi", "--key-file", "/no/file"], {}, 2, "key file"),
    ("no bot named", ["-m", "hi"], {}, 2, "poe chat . for the bot in this folder"),
    ("missing attachment", [GONE_URL, "-m", "hi", "-a", "no.txt"], {}, 2, "no file"),
    ("missing file of an editor", [GONE_URL, "-m", "hi", "-a", "~$no.docx"], {}, 2, "no file"),
    ("nobody's folder", [GONE_URL, "-m", "hi", "-a", "~nobody-at-all/a"], {}, 2, "no file"),
    ("folder attached", [GONE_URL, "-m", "hi", "-a", "."], {}, 2, "is a folder"),
    ("unreadable attachment", [GONE_URL, "-m", "hi", "-a", "a\0b"], {}, 2, "can't be read"),
    ("formats exclude", [GONE_URL, "-m", "hi", "--stream", "-x"], {}, 2, "exclude"),
    ("bias without number", [GONE_URL, "-m", "hi", "--logit-bias", "a"], {}, 2, "logit bias"),
    ("parameter without value", [GONE_URL, "-m", "hi", "-p", "a"], {}, 2, "NAME=VALUE"),
    ("missing tools", [GONE_URL, "-m", "hi", "--tools", "no.py"], {}, 2, "no file"),
    ("no chat to continue", ["--continue", "-m", "hi"], {}, 2, "no chat"),
    ("no chat to resume", ["--resume", "zz", "-m", "hi"], {}, 2, "--list"),
    ("no chat to show", ["--show", "zz"], {}, 2, "--list"),
    ("resume without a store", ["-c", "-m", "hi", "--no-store"], {}, 2, "--no-store"),
    ("no such folder", ["no/such/bot", "-m", "hi"], {}, 6, "no/such/bot"),
    ("a label of no name", [f"http://{'a' * 64}.b", "-m", "hi"], {}, 2, "not a web address"),
    ("a name that is none", ["http://xn--/", "-m", "hi"], {}, 2, "not a web address"),
    ("half a character in a URL", ["http://a/?\udcff", "-m", "hi"], {}, 4, "host: a."),
    ("half a handle", ["a\udcff", "-m", "hi"], {"POE_BASE_URL": GONE_URL}, 4, "Can't connect"),
    ("half a character sought", ["--search", "\udcff"], {}, 0, ""),
    ("heat without end", [GONE_URL, "-m", "hi", "--temperature", "inf"], {}, 2, "finite number"),
    ("time that is no number", [GONE_URL, "-m", "hi", "--timeout", "nan"], {}, 2, "finite number"),
    ("bias without end", [GONE_URL, "-m", "hi", "--logit-bias", "a=1e999"], {}, 2, "logit bias"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "env", "code", "says"), [p[1:] for p in USAGE], ids=[p[0] for p in USAGE]
)
def test_something_is_missing_or_wrong_here(
    arguments: Sequence[str], env: dict[str, str], code: int, says: str, tmp_path: Path
) -> None:
    """What is wrong on this side is told before or instead of a call."""
    well_told(poe("chat", *arguments, env=user_env(tmp_path, **env)), code, says)


def test_a_typing_error_in_an_attachment_gets_the_near_name(tmp_path: Path) -> None:
    """The file of the same folder that was meant is named, with its folder."""
    (tmp_path / "goods.csv").write_text("a")
    flags = ("-m", "hi", "-a", str(tmp_path / "good.csv"))
    near = f"Did you mean {str(tmp_path / 'goods.csv')!r}?"
    well_told(poe("chat", GONE_URL, *flags, env=user_env(tmp_path)), 2, near)


def test_an_attachment_is_too_large_or_empty(tmp_path: Path) -> None:
    """A file above Poe's limit, and one without content, are refused unread."""
    large, empty = tmp_path / "large.bin", tmp_path / "empty.txt"
    with large.open("wb") as stream:
        stream.truncate(51 * 1024 * 1024)
    empty.touch()

    env = user_env(tmp_path)
    well_told(poe("chat", GONE_URL, "-m", "hi", "-a", str(large), env=env), 2, "too large")
    well_told(poe("chat", GONE_URL, "-m", "hi", "-a", str(empty), env=env), 2, "is empty")


def test_an_attachment_that_leads_to_itself_can_not_be_read(tmp_path: Path) -> None:
    """What the system refuses to open is told in the system's words."""
    loop = tmp_path / "loop.txt"
    loop.symlink_to(loop)

    ran = poe("chat", GONE_URL, "-m", "hi", "-a", str(loop), env=user_env(tmp_path))
    well_told(ran, 2, "can't be read")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_an_attachment_without_an_end_is_too_large(tmp_path: Path) -> None:
    """A source that tells no size is read up to the limit and no further."""
    ran = poe("chat", GONE_URL, "-m", "hi", "-a", "/dev/zero", env=user_env(tmp_path))
    well_told(ran, 2, "too large")


def test_a_file_can_not_be_shown_to_another_machine(tmp_path: Path) -> None:
    """A bot at a foreign URL can't read a file of this machine; a URL can be passed instead."""
    (tmp_path / "a.txt").write_text("a")
    flags = ("-m", "hi", "-a", str(tmp_path / "a.txt"))
    ran = poe("chat", "https://bot.invalid/x", *flags, env=user_env(tmp_path))

    well_told(ran, 2, "another machine")


NO_FILES = [
    # name, the bot's settings, words in the reason
    ("no settings at all", {}, "response_version 0"),
    ("response_version null", {"response_version": None}, "response_version 0"),
    ("response_version 0", {"response_version": 0}, "response_version 0"),
    ("not allowed", {"response_version": 2, "allow_attachments": False}, "do not allow them"),
]
FORMS = [[], ["--json"], ["--jsonl"], ["--stream"], ["-x"]]


@pytest.mark.parametrize(
    ("settings", "says"), [p[1:] for p in NO_FILES], ids=[p[0] for p in NO_FILES]
)
@pytest.mark.parametrize("form", FORMS, ids=" ".join)
def test_a_bot_that_takes_no_files_says_so(
    form: list[str], settings: dict[str, object], says: str, tmp_path: Path
) -> None:
    """The bot's refusal is told with its reason, and no question is sent or printed."""
    (tmp_path / "a.txt").write_text("a")
    answer = Answer([json.dumps(settings).encode()], content_type=JSON_TYPE)
    flags = ("-m", "hi", "-a", str(tmp_path / "a.txt"), *form)
    with in_a_thread(answer) as server:
        ran = poe("chat", server.url, *flags, env=user_env(tmp_path))

    assert (ran.code, ran.stdout) == (2, "")
    assert "does not accept attachments: a.txt" in ran.stderr
    assert says in ran.stderr
    assert [request.json["type"] for request in server.requests] == ["settings"]


def test_a_refused_question_leaves_the_earlier_answer_alone(tmp_path: Path) -> None:
    """With --continue the last answer is not printed in the place of the one that never came."""
    (tmp_path / "a.txt").write_text("a")
    settings = Answer([b"{}"], content_type=JSON_TYPE)
    env = user_env(tmp_path)
    with in_a_thread(HELLO, settings) as server:
        first = poe("chat", server.url, "-m", "hi", env=env)
        flags = ("--continue", "-m", "hi", "-a", str(tmp_path / "a.txt"))
        second = poe("chat", server.url, *flags, env=env)

    assert (first.code, first.stdout) == (0, "hello\n")
    assert (second.code, second.stdout) == (2, "")


@pytest.mark.parametrize(
    ("code", "exit_code", "says"),
    [
        pytest.param("def f(:", 6, "SyntaxError", id="does not compile"),
        pytest.param("raise OSError('no disk')", 6, "no disk", id="raises"),
        pytest.param("_x = 1", 2, "no function", id="defines none"),
        pytest.param("def f(*a): ...", 2, "without a name", id="no names"),
    ],
)
def test_a_tools_file_is_unusable(code: str, exit_code: int, says: str, tmp_path: Path) -> None:
    """A tools file that fails is code 6, one without usable functions code 2."""
    file = tmp_path / "tools.py"
    file.write_text(code)
    flags = ("-m", "hi", "--tools", str(file))

    well_told(poe("chat", GONE_URL, *flags, env=user_env(tmp_path)), exit_code, says)


def test_half_a_character_is_no_end_of_the_world(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 become the replacement character."""
    broken = b'event: text\ndata: {"text": "caf\xc3"}\n\n'
    with in_a_thread(Answer([broken, DONE])) as server:
        ran = poe("chat", server.url, "-m", "hi", env=user_env(tmp_path))

    assert (ran.code, ran.stdout, ran.stderr) == (0, "caf\ufffd\n", "")


def test_a_home_that_can_not_be_written_to_costs_a_warning(tmp_path: Path) -> None:
    """Where no chat can be kept, the answer comes all the same."""
    (tmp_path / "data").write_text("a file where a folder should be")
    with in_a_thread(HELLO) as server:
        ran = poe("chat", server.url, "-m", "hi", env=user_env(tmp_path))

    well_told(ran, 0, "warning: Chats can't be stored")
    assert ran.stdout == "hello\n"


def test_a_damaged_store_costs_a_warning(tmp_path: Path) -> None:
    """A file that is no database is left alone."""
    file = tmp_path / "data" / "poe" / "chats.db"
    file.parent.mkdir(parents=True)
    file.write_text("this is no database " * 100)
    with in_a_thread(HELLO) as server:
        ran = poe("chat", server.url, "-m", "hi", env=user_env(tmp_path))

    well_told(ran, 0, "warning: Chats can't be stored")
    assert file.read_text().startswith("this is no database")


@pytest.mark.parametrize(
    "what", ["--list", "--continue -m hi", "--search=hi", "--show=a", "--remove=a"]
)
def test_a_store_that_is_damaged_further_on_is_named(what: str, tmp_path: Path) -> None:
    """Its first page is whole, so that it opens; the file is left alone."""
    env = user_env(tmp_path)
    with in_a_thread(HELLO) as server:
        poe("chat", server.url, "-m", "hi", env=env)
    file = tmp_path / "data" / "poe" / "chats.db"
    damaged = file.read_bytes()[:4096].ljust(file.stat().st_size, b"\xff")
    file.write_bytes(damaged)

    ran = poe("chat", *what.split(), env=env)
    well_told(ran, 2, f"{file}: database disk image is malformed")
    assert file.read_bytes() == damaged


def test_the_store_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    """A newer schema ends with code 2 and the flag that goes on without it."""
    file = tmp_path / "data" / "poe" / "chats.db"
    file.parent.mkdir(parents=True)
    with sqlite3.connect(file) as database:
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    database.close()

    well_told(poe("chat", GONE_URL, "-m", "hi", env=user_env(tmp_path)), 2, "--no-store")


def test_an_answer_without_code_is_told(tmp_path: Path) -> None:
    """-x with nothing to extract is code 1 and an empty stdout."""
    with in_a_thread(HELLO) as server:
        ran = poe("chat", server.url, "-m", "hi", "-x", env=user_env(tmp_path))

    well_told(ran, 1, "no code block")
    assert ran.stdout == ""


def test_a_socks_proxy_needs_one_more_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GNOME's `socks://` in the environment is understood, and says what is missing."""
    monkeypatch.setenv("all_proxy", "socks://127.0.0.1:1")

    well_told(poe("chat", GONE_URL, "-m", "hi", env=user_env(tmp_path)), 2, "socksio")


def test_an_error_is_json_with_json(tmp_path: Path) -> None:
    """With --json the answer object tells of the error, and stderr holds the same object."""
    with in_a_thread(failing(text="broken", allow_retry=False)) as server:
        ran = poe("chat", server.url, "-m", "hi", "--json", env=user_env(tmp_path))

    told = json.loads(ran.stderr)
    assert json.loads(ran.stdout)["error"] == told
    assert (told["message"], told["allow_retry"], ran.code) == ("broken", False, 1)


SPOILT = [
    ("missing", "SSL_CERT_FILE", "none.pem"),
    ("a folder", "SSL_CERT_FILE", "folder"),
    ("no PEM", "SSL_CERT_FILE", "words.txt"),
    ("an empty file", "SSL_CERT_FILE", "empty.pem"),
    ("a log that can't be written", "SSLKEYLOGFILE", "nowhere/keys.log"),
    ("no such folder", "SSL_CERT_DIR", "nowhere"),
]


@pytest.mark.parametrize(("variable", "file"), [s[1:] for s in SPOILT], ids=[s[0] for s in SPOILT])
@pytest.mark.parametrize("command", [("chat", "A-Bot", "-m", "hi"), ("models",)])
def test_a_stale_trust_store_is_the_variables_mistake(
    command: tuple[str, ...],
    variable: str,
    file: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Exit code 2 and the variable's name, before anything is sent."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "words.txt").write_text("no PEM certificate")
    (tmp_path / "empty.pem").touch()
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, str(tmp_path / file))
    url = f"https://127.0.0.1:{closed_port()}"
    env = user_env(tmp_path, POE_BASE_URL=url, POE_API_KEY=API_KEY)
    ran = poe(*command, env=env)
    assert (ran.code, variable in ran.stderr) == (2, True)
