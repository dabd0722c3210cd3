"""`poe sync-settings` from the command line to the exit code, against local servers."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from poecli.commands.bug_report import redact
from poecli.commands.run import run
from poecli.errors import ExitCode
from poecli.terminal.console import Console
from tests.scripted import Answer, ScriptedServer, in_a_thread
from tests.warm_python import python

KEY = "k3y-of-the-bot-" + "x" * 17
TEXT = "text/plain"
JSON = "application/json"
SYNCED = Answer([b"Updated settings for mybot."], content_type=TEXT)
CONTROLS = {
    "api_version": "2",
    "sections": [
        {"controls": [{"control": "text_field", "label": "Tone", "parameter_name": "tone"}]}
    ],
}


@dataclass
class Ran:
    """One run of the command."""

    code: int
    out: str
    err: str

    @property
    def everything(self) -> str:
        return self.out + self.err

    @property
    def bots(self) -> Any:
        return json.loads(self.out)["bots"]


@dataclass
class Project:
    """A folder with a poe.toml, and the Poe it syncs with."""

    root: Path
    poe_url: str = "http://127.0.0.1:9"
    env: dict[str, str] = field(default_factory=lambda: {"POE_ACCESS_KEY": KEY})

    def sync(self, *arguments: str, stdin: str = "") -> Ran:
        """Run the command in this process."""
        console = Console.test(stdin, env={**self.env, "POE_BASE_URL": self.poe_url})
        code = run(["sync-settings", *arguments], console)
        out, err = console.stdout, console.stderr
        return Ran(code, out.getvalue(), err.getvalue())  # type: ignore[attr-defined] # buffers in tests

    def has_bot(self, name: str, **values: str) -> None:
        lines = [f'{key} = "{value}"' for key, value in values.items()]
        with (self.root / "poe.toml").open("a") as file:
            file.write("\n".join([f"[bots.{name}]", *lines, ""]))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()  # nothing above belongs to the project
    return Project(tmp_path)


@pytest.fixture
def poe(project: Project) -> Iterator[ScriptedServer]:
    """A Poe that takes every sync; a test may give it other answers."""
    with in_a_thread(SYNCED) as server:
        project.poe_url = server.url
        yield server


@pytest.fixture
def bot(project: Project) -> Iterator[ScriptedServer]:
    """The deployed bot, named in poe.toml."""
    with in_a_thread(settings(response_version=2)) as server:
        project.has_bot("mybot", url=server.url)
        yield server


def settings(**values: Any) -> Answer:
    return Answer([json.dumps(values).encode()], content_type=JSON)


def failing(status: int, body: bytes = b"", **more: Any) -> Answer:
    return Answer([body] if body else [], status=status, content_type=TEXT, **more)


HTML = b"<html><head><title>Bad Gateway</title></head><body>x</body></html>"
ECHO = b"Updated: {'response_version': 2, 'parameter_controls': None}"
MATRIX = [
    # what Poe answers, the exit code, words for a person
    ("200-empty", Answer([], content_type=TEXT), 0, "so it can't be verified"),
    ("200-words", SYNCED, 0, "so it can't be verified"),
    ("200-html", Answer([HTML], content_type="text/html"), 0, "so it can't be verified"),
    ("200-python", Answer([ECHO], content_type=TEXT), 0, "what Poe says it stored"),
    ("200-json", settings(response_version=2), 0, "what Poe says it stored"),
    ("200-broken-python", Answer([b"{'a': "], content_type=TEXT), 0, "so it can't be verified"),
    ("200-slow-end", Answer([b"Upd"], end="hang"), 4, "did not answer in time"),
    ("200-cut", Answer([b"Upd"], end="cut"), 4, "closed the connection"),
    ("204", failing(204), 1, "HTTP 204 where 200 is expected"),
    (
        "302",
        failing(302, headers=[("Location", "https://x/y?z")]),
        4,
        "It redirects to https://x/y.",
    ),
    ("400-json", failing(400, b'{"error": {"message": "bad version"}}'), 1, "bad version"),
    ("401-words", failing(401, b"no"), 3, "refused the access key"),
    ("401-empty", failing(401), 3, "It is not the key of this bot"),
    ("402", failing(402, b"no"), 3, "points"),
    ("403", failing(403, b"no"), 3, "refused the access key"),
    ("404-json", failing(404, b'{"detail": "Not Found"}'), 4, "has no server bot 'mybot'"),
    ("405", failing(405), 1, "HTTP 405"),
    ("408", failing(408), 4, "did not answer Poe in time"),
    ("409", failing(409), 1, "HTTP 409"),
    ("413", failing(413), 2, "too large"),
    ("422-json", failing(422, b'{"detail": [{"msg": "bad"}]}'), 1, "bad"),
    ("429", failing(429), 5, "no more calls"),
    ("429-wait", failing(429, headers=[("Retry-After", "90")]), 5, "Wait 90 s"),
    ("500-empty", failing(500), 5, "can all look like this"),
    ("500-words", failing(500, b"Internal server error"), 5, "It says: Internal server error"),
    ("500-html", failing(500, HTML), 5, "It says: Bad Gateway"),
    ("500-echoes-key", failing(500, b"at /fetch_settings/mybot/" + KEY.encode()), 5, "****"),
    ("500-binary", failing(500, bytes(range(256))), 5, "could not sync"),
    ("500-cut", failing(500, b"Inter", end="cut"), 5, "It says: Inter"),
    ("502-html", failing(502, HTML), 5, "Bad Gateway"),
    ("503", failing(503, b"busy"), 5, "busy"),
    ("504", failing(504), 4, "did not answer Poe in time"),
    ("529", failing(529), 5, "HTTP 529"),
    ("silent", Answer(silent=True), 4, "did not answer in time"),
    ("closed-at-once", Answer(status=0), 4, "closed the connection"),
]


@pytest.mark.parametrize(
    ("answer", "code", "words"), [row[1:] for row in MATRIX], ids=[row[0] for row in MATRIX]
)
def test_each_answer_of_poe_has_its_code_and_message(
    project: Project, poe: ScriptedServer, answer: Answer, code: int, words: str
) -> None:
    """Status, body and slowness decide on exit code and words; the key is in none of them."""
    poe.answers = [answer]
    seconds = "0.3" if answer.silent or answer.end == "hang" else "30"
    ran = project.sync("mybot", "--retries", "0", "--timeout", seconds)
    assert (ran.code, words in ran.everything) == (code, True), ran.everything
    assert KEY not in ran.everything
    assert "Traceback" not in ran.everything


FOUR = [
    pytest.param(SYNCED, 0, id="success"),
    pytest.param(failing(401, b"wrong key " + KEY.encode()), 3, id="refusal"),
    pytest.param(Answer(status=0), 4, id="not reachable"),
    pytest.param(failing(500, b"error at /" + KEY.encode()), 5, id="server error"),
]


@pytest.mark.parametrize(("answer", "code"), FOUR)
def test_real_processes_never_show_the_key(
    project: Project, poe: ScriptedServer, answer: Answer, code: int
) -> None:
    """The four outcomes of real processes; a search of all output and files finds no key."""
    poe.answers = [answer]
    done = subprocess.run(
        python("-m", "poecli", "sync-settings", "mybot", "--retries", "0"),
        check=False,
        capture_output=True,
        text=True,
        cwd=project.root,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "POE_BASE_URL": poe.url, "POE_ACCESS_KEY": KEY},
    )
    assert done.returncode == code, done.stderr
    assert poe.requests[0].path == f"/bot/fetch_settings/mybot/{KEY}/1.2"
    files = [file.read_text() for file in project.root.rglob("*") if file.is_file()]
    assert KEY not in "".join([done.stdout, done.stderr, *files])


QUIET_ABOUT_KEYS = [
    pytest.param(["--verbose"], {}, 5, id="verbose"),
    pytest.param([], {"http_proxy": f"http://me:{KEY}@127.0.0.1:9"}, 4, id="proxy-closed"),
    pytest.param([], {"all_proxy": f"ftp://me:{KEY}@127.0.0.1:9"}, 2, id="proxy-unusable"),
    pytest.param(["--json"], {}, 5, id="json"),
]


@pytest.mark.parametrize(("flags", "env", "code"), QUIET_ABOUT_KEYS)
def test_no_detour_shows_the_key(
    project: Project, poe: ScriptedServer, flags: list[str], env: dict[str, str], code: int
) -> None:
    """Neither a log, nor a proxy's error, nor JSON holds the key."""
    poe.answers = [failing(500, KEY.encode())]
    base = "http://poe.invalid" if env else poe.url
    done = subprocess.run(
        python("-m", "poecli", "sync-settings", "b", "--retries", "0", *flags),
        check=False,
        capture_output=True,
        text=True,
        cwd=project.root,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "POE_BASE_URL": base, "POE_ACCESS_KEY": KEY, **env},
    )
    assert done.returncode == code, done.stderr
    assert KEY not in done.stdout + done.stderr


def test_a_bug_report_holds_no_key_of_the_command_line() -> None:
    """The flag that takes the key itself is masked in our own reports."""
    for form in (f"--access-key {KEY}", f"--access-key={KEY}"):
        assert redact(f"poe sync-settings b {form} --push", {}).endswith("**** --push")


def test_a_failure_that_may_pass_is_tried_again(project: Project, poe: ScriptedServer) -> None:
    """A 503 is followed by another try, which is told."""
    poe.answers = [failing(503), SYNCED]
    ran = project.sync("mybot")
    assert ran.code == 0
    assert "Trying again" in ran.err


def test_a_bare_500_is_not_tried_again(project: Project, poe: ScriptedServer) -> None:
    """It may be a wrong key: one try, and the candidates."""
    poe.answers = [failing(500), SYNCED]
    assert project.sync("mybot").code == 5
    assert len(poe.requests) == 1


# --- the key ------------------------------------------------------------------------------------


def test_the_key_may_come_from_many_places(project: Project, poe: ScriptedServer) -> None:
    """Flag, file, standard input, .env by the name that poe.toml gives."""
    project.env = {}
    (project.root / "key.txt").write_text(f"{KEY}\n")
    (project.root / ".env").write_text(f"OTHER={KEY}\n")
    project.has_bot("other", access_key="env:OTHER")
    ran = [
        project.sync("mybot", "--access-key", KEY),
        project.sync("mybot", "--access-key-file", "key.txt"),
        project.sync("mybot", "--access-key-stdin", stdin=f"{KEY}\n"),
        project.sync("other"),
    ]
    assert [r.code for r in ran] == [0, 0, 0, 0]
    assert all(KEY in request.path for request in poe.requests)
    assert KEY not in "".join(r.everything for r in ran)


BAD_KEYS = [
    (["mybot"], ExitCode.KEY, "access key of the bot 'mybot' is needed"),
    (["mybot", "--access-key-file", "none.txt"], ExitCode.USAGE, "can't be read"),
    (["mybot", "--access-key-stdin"], ExitCode.USAGE, "is not valid"),
    (["mybot", "--access-key", "a b"], ExitCode.USAGE, "is not valid"),
    (["mybot", "--access-key", "short"], ExitCode.USAGE, "has 5 characters"),
    (["mybot", "--access-key", "k" * 33], ExitCode.USAGE, "has 33 characters"),
    (["mybot", "--access-key", "a", "--access-key-stdin"], ExitCode.USAGE, "Only one flag"),
    (["a", "b", "--access-key", "a"], ExitCode.USAGE, "can't be used with several"),
]


@pytest.mark.parametrize(("arguments", "code", "words"), BAD_KEYS, ids=lambda v: str(v)[:50])
def test_a_missing_or_unusable_key_is_said(
    project: Project, arguments: list[str], code: int, words: str
) -> None:
    """Without a terminal nobody is asked; nothing is sent."""
    project.env = {}
    ran = project.sync(*arguments)
    assert ran.code == code
    assert words in ran.err


# --- which bots ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("poe")
def test_the_only_bot_of_poe_toml_needs_no_name(project: Project) -> None:
    """A project with one bot syncs that one."""
    project.has_bot("only")
    assert "only: synced" in project.sync().out


def test_all_bots_are_synced_with_their_own_keys(project: Project, poe: ScriptedServer) -> None:
    """--all takes each bot and its key; the first failure decides the code, the rest goes on."""
    project.has_bot("bot-one", access_key="env:ONE")
    project.has_bot("bot-two", access_key="env:TWO")
    project.env = {"ONE": "1" * 32, "TWO": "2" * 32}
    poe.answers = [failing(401), SYNCED]
    ran = project.sync("--all", "--json")
    assert ran.code == ExitCode.KEY
    assert [(b["bot"], b["ok"]) for b in ran.bots] == [("bot-one", False), ("bot-two", True)]
    assert "2" * 32 in poe.requests[1].path


WRONG_CHOICES = [
    ([], "No bot was given"),
    ([], "There is no poe.toml here."),
    (["--all"], "No bot to sync"),
    (["--all", "x"], "combined with names"),
]


@pytest.mark.parametrize(
    ("arguments", "words"), WRONG_CHOICES, ids=["none", "no file", "all", "both"]
)
def test_a_wrong_choice_of_bots_is_wrong_usage(
    project: Project, arguments: list[str], words: str
) -> None:
    """Nobody named, all of none, and both are code 2."""
    ran = project.sync(*arguments)
    assert (ran.code, words in ran.err) == (ExitCode.USAGE, True)


# --- drift --------------------------------------------------------------------------------------


def test_drift_is_seen_until_it_is_synced(
    project: Project, poe: ScriptedServer, bot: ScriptedServer
) -> None:
    """A changed setting: --check exits 7 with the diff; after a sync it exits 0."""
    assert project.sync().code == 0
    assert project.sync("--check").out == "mybot: as last synced\n"
    bot.answers = [settings(response_version=2, introduction_message="Hi!")]
    ran = project.sync("--check")
    assert ran.code == ExitCode.DRIFT
    assert ran.out == '  + introduction_message: "Hi!"\n'
    assert project.sync().code == 0
    assert project.sync("--check").code == 0
    assert len(poe.requests) == 2


@pytest.mark.usefixtures("bot")
def test_a_bot_never_synced_has_drifted(project: Project) -> None:
    """Without a lock every setting is new."""
    ran = project.sync("--check", "--json")
    assert ran.code == ExitCode.DRIFT
    assert ran.bots[0]["first_time"] is True
    assert "allow_attachments" in [change["setting"] for change in ran.bots[0]["changes"]]


@pytest.mark.usefixtures("bot")
def test_a_dry_run_shows_the_changes_and_sends_nothing(
    project: Project, poe: ScriptedServer
) -> None:
    """--dry-run writes nothing, neither to Poe nor to the lock."""
    ran = project.sync("--dry-run")
    assert ran.code == 0
    assert "+ allow_attachments: true" in ran.out
    assert poe.requests == []
    assert not (project.root / "poe.lock.json").exists()


@pytest.mark.usefixtures("poe")
def test_a_null_and_its_default_are_no_drift(project: Project, bot: ScriptedServer) -> None:
    """Compared is what Poe acts on."""
    project.sync()
    bot.answers = [settings(response_version=2, allow_attachments=True, rate_card=None)]
    assert project.sync("--check").code == 0


@pytest.mark.usefixtures("bot")
def test_a_failed_sync_records_nothing(project: Project, poe: ScriptedServer) -> None:
    """The lock keeps what Poe really took."""
    poe.answers = [failing(500)]
    project.sync()
    assert not (project.root / "poe.lock.json").exists()


# --- what Poe made of it ------------------------------------------------------------------------


def test_an_echo_that_lost_the_controls_is_told(
    project: Project, poe: ScriptedServer, bot: ScriptedServer
) -> None:
    """A 200 whose echo says 'parameter_controls': None is a failure, and no sync."""
    bot.answers = [settings(response_version=2, parameter_controls=CONTROLS)]
    poe.answers = [Answer([ECHO], content_type=TEXT)]
    ran = project.sync()
    assert ran.code == ExitCode.AT_FAULT
    assert "dropped parameter_controls" in ran.err
    assert not (project.root / "poe.lock.json").exists()


@pytest.mark.usefixtures("bot")
def test_an_echo_that_shows_the_settings_proves_them(project: Project, poe: ScriptedServer) -> None:
    """The same settings in the echo are a proof, also with defaults filled in."""
    poe.answers = [Answer([b"{'response_version': 2, 'allow_attachments': True}"])]
    assert project.sync("--json").bots[0]["verified"] is True


def test_settings_with_the_key_in_them_are_refused(project: Project, bot: ScriptedServer) -> None:
    """A bot that shows its own key is stopped before Poe and git see it."""
    bot.answers = [settings(response_version=2, introduction_message=f"My key is {KEY}")]
    ran = project.sync()
    assert ran.code == ExitCode.AT_FAULT
    assert "contain its access key" in ran.err
    assert KEY not in ran.everything


FAULTY = [
    ({"parameter_controls": CONTROLS}, "(parameter-controls-dropped)", True),
    ({"response_version": 2, "server_bot_dependencies": {"a b": 1}}, "(dependency-name)", True),
    ({"response_version": "two"}, "(settings-malformed)", False),
    ({"response_version": 2, "parameter_controls": {"x": 1}}, "(controls-malformed)", False),
]


@pytest.mark.parametrize(("values", "words", "can_force"), FAULTY, ids=lambda v: str(v)[:40])
def test_faulty_settings_are_not_synced(
    project: Project,
    poe: ScriptedServer,
    bot: ScriptedServer,
    values: dict[str, Any],
    words: str,
    can_force: bool,
) -> None:
    """A rule that binds stops the sync; --force lets through what can be read at all."""
    bot.answers = [settings(**values)]
    ran = project.sync()
    assert (ran.code, words in ran.err, poe.requests) == (ExitCode.AT_FAULT, True, [])
    assert (project.sync("--force").code == ExitCode.DONE) is can_force


@pytest.mark.usefixtures("poe")
def test_advice_does_not_stop_a_sync(project: Project, bot: ScriptedServer) -> None:
    """A rule that does not bind is told with its fix."""
    bot.answers = [settings(alow_attachments=True)]
    ran = project.sync()
    assert ran.code == ExitCode.DONE
    assert "should: 'alow_attachments' (settings-unknown-key). Check the key's spelling." in ran.err
    assert "should: response_version is missing" in ran.err


# --- candidates ---------------------------------------------------------------------------------

REFUSED = failing(401, b"wrong")
CANDIDATES = [
    ("bot-refuses-key", [REFUSED], "wrong access key: found - the bot at its url rejects"),
    ("bot-takes-any", [settings(response_version=2)], "the bot accepts any key"),
    ("bot-down", [failing(503)], "bot not reachable: found - checked from here"),
    (
        "bot-tells-keys-apart",
        [settings(response_version=2), settings(response_version=2), REFUSED],
        "wrong access key: unlikely",
    ),
    ("bot-on-http", [settings(response_version=2)], "Poe only uses https"),
]


@pytest.mark.parametrize(
    ("answers", "words"), [row[1:] for row in CANDIDATES], ids=[row[0] for row in CANDIDATES]
)
def test_what_looks_alike_on_poe_is_tested_from_here(
    project: Project, poe: ScriptedServer, bot: ScriptedServer, answers: list[Answer], words: str
) -> None:
    """After a bare 500 the bot itself is asked, with the key and with a wrong one."""
    poe.answers = [failing(500)]
    bot.answers = list(answers)
    ran = project.sync()
    assert ran.code == ExitCode.TRY_LATER
    assert words in ran.err
    assert "wrong handle: unknown - only Poe knows" in ran.err


def test_without_a_url_the_candidates_stay_unknown(project: Project, poe: ScriptedServer) -> None:
    """All three are named, none is claimed."""
    poe.answers = [failing(500)]
    candidates = project.sync("mybot", "--json").bots[0]["candidates"]
    assert [(c["cause"], c["verdict"]) for c in candidates] == [
        ("wrong access key", "unknown"),
        ("wrong handle", "unknown"),
        ("bot not reachable", "unknown"),
    ]


def test_a_key_of_another_length_never_leaves(project: Project, poe: ScriptedServer) -> None:
    """Poe's keys have 32 characters; what has not is refused before any network."""
    project.env = {"POE_ACCESS_KEY": "short"}
    ran = project.sync("mybot")
    assert (ran.code, poe.requests) == (ExitCode.USAGE, [])


def test_a_missing_key_is_asked_of_the_poe_that_wants_it(project: Project) -> None:
    """The page on poe.com for Poe, the value of `poe dev` for a local one."""
    project.env = {}
    project.poe_url = "https://poe.example"
    assert "poe.com/edit_bot?bot=mybot" in project.sync("mybot").err
    project.poe_url = "http://127.0.0.1:9"
    local = project.sync("mybot").err
    assert "that `poe dev` uses" in local
    assert "poe.com" not in local


# --- waiting for a deployment -------------------------------------------------------------------


def test_a_deployment_is_waited_for(project: Project, poe: ScriptedServer) -> None:
    """--wait-for asks until the bot answers, then syncs."""
    with in_a_thread(failing(503), settings(response_version=2)) as deployed:
        ran = project.sync("mybot", "--wait-for", deployed.url)
        assert len(deployed.requests) == 3
    assert ran.code == 0
    assert len(poe.requests) == 1


def test_a_deployment_that_never_answers_times_out(project: Project, poe: ScriptedServer) -> None:
    """The wait ends; Poe is not asked."""
    with in_a_thread(failing(503)) as deployed:
        ran = project.sync("mybot", "--wait-for", deployed.url, "--wait-timeout", "0.2")
    assert ran.code == ExitCode.NOT_REACHABLE
    assert "The last try" in ran.err
    assert poe.requests == []


def test_a_deployment_that_refuses_the_key_is_not_waited_for(
    project: Project, poe: ScriptedServer
) -> None:
    """A refused key will not get better by waiting."""
    with in_a_thread(REFUSED) as deployed:
        assert project.sync("mybot", "--wait-for", deployed.url).code == ExitCode.KEY
    assert poe.requests == []


# --- the local bot ------------------------------------------------------------------------------

BOT = """
import fastapi_poe as fp

class Bot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="hi")

    async def get_settings(self, setting):
        return fp.SettingsResponse(introduction_message="{words}")
"""


def test_the_local_bots_settings_are_pushed(project: Project, poe: ScriptedServer) -> None:
    """--push reads the bot in a worker and sends its settings; a change is drift again."""
    main = project.root / "main.py"
    main.write_text(BOT.format(words="one"))
    project.has_bot("mybot")
    assert project.sync("--push").code == 0
    assert poe.requests[0].path == f"/bot/update_settings/mybot/{KEY}/1.2"
    assert poe.requests[0].json["introduction_message"] == "one"
    main.write_text(BOT.format(words="two"))
    ran = project.sync("--check")
    assert ran.code == ExitCode.DRIFT
    assert '~ introduction_message: "one" -> "two"' in ran.out
