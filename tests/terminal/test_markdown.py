from __future__ import annotations

import io
import os
from collections.abc import Callable

import pytest

from poecli.terminal.console import Console
from poecli.terminal.foreign import clean
from poecli.terminal.markdown import FRAME_SECONDS, MarkdownStream
from poecli.terminal.markdown_rows import Rows
from poecli.terminal.markdown_source import render
from poecli.terminal.views import REPLACED, STOPPED
from tests.terminal import corpus
from tests.terminal.screen import FakeClock, FakeTerminal, console_on
from tests.terminal.test_foreign import ATTACKS

FULL = bool(os.environ.get("POE_FULL_TESTS"))
ANSWERS = range(20)
# (answer, characters in a piece): each answer in one way, or with POE_FULL_TESTS in all.
PIECES = [(a, c) for a in ANSWERS for c in (range(1, 81) if FULL else ((7, 29, 80)[a % 3],))]
ONE_FRAME = 3.0  # seconds: longer than any pause between frames
SHORT = "# Head\n\nSome **bold** text.\n\n- a\n- b\n\n```python\nx = 1\n```\n\nThe end."
LONG_TABLE = "| n | text |\n|---|---|\n" + "".join(f"| {i} | row {i} |\n" for i in range(230))
SPARSE = "".join(f"line {i}\n\n" for i in range(30))


def trimmed(rows: list[str]) -> list[str]:
    rows = [row.rstrip() for row in rows]
    while rows and not rows[-1]:
        rows.pop()
    return rows


def rendered(text: str, columns: int = 60) -> list[str]:
    """The one-shot rendering, as rows of a screen."""
    return trimmed(render(clean(text), Rows(columns - 1, color=False)))


def feed(stream: MarkdownStream, clock: FakeClock, text: str, chunk: int) -> None:
    for start in range(0, len(text), chunk):
        stream.feed(text[start : start + chunk])
        clock.advance(ONE_FRAME)


def shown(text: str, chunk: int, terminal: FakeTerminal | None = None) -> FakeTerminal:
    """The terminal after an answer that came in pieces, one frame for each."""
    terminal, clock = terminal or FakeTerminal(), FakeClock()
    with MarkdownStream(console_on(terminal), clock=clock) as stream:
        feed(stream, clock, text, chunk)
    return terminal


# --- the screen is the document ---


@pytest.mark.unmeasured
@pytest.mark.parametrize(("seed", "chunk"), PIECES)
def test_a_long_answer_leaves_the_rows_of_the_whole(seed: int, chunk: int) -> None:
    """Screen plus scrollback is the one-shot rendering, row for row, and nothing stands twice."""
    text = corpus.long_answer(seed, size=5_000 if FULL else 1_500)
    assert shown(text, chunk).rows() == rendered(text)


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", range(60 if FULL else 12))
def test_joined_examples_leave_the_rows_of_the_whole(seed: int) -> None:
    """The same for odd documents, one character at a time, on a small screen."""
    text = corpus.joined(5, seed)
    assert shown(text, 1, FakeTerminal(30, 6)).rows() == rendered(text, 30)


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    "text",
    [LONG_TABLE, SPARSE, "word " * 400, "漢字" * 300, "- item\n" * 90, "> quote\n" * 60],
    ids=["table", "paragraphs", "one paragraph", "wide glyphs", "list", "quote"],
)
def test_a_block_taller_than_the_screen_is_complete(text: str) -> None:
    """A block that can't be final until its end shows its end while it grows, then all of it."""
    assert shown(text, 60).rows() == rendered(text)


@pytest.mark.parametrize(("text", "_reason"), corpus.FORWARD_REFERENCES)
def test_known_exceptions(text: str, _reason: str) -> None:
    """A link whose definition comes after its block is final stays as it was typed."""
    assert shown(text, 1).rows() == [row.replace(" (/url)", "") for row in rendered_literally(text)]


def rendered_literally(text: str) -> list[str]:
    """As rendered(), with references left as typed: what an answer shows before a definition."""
    source = text.replace("[later]: /url\n", "").replace("[foo]: /url\n", "")
    return rendered(source)


@pytest.mark.parametrize("columns", [2, 3, 5, 9])
def test_a_very_narrow_screen(columns: int) -> None:
    """Nothing is too narrow to show something, and nothing breaks."""
    assert shown(corpus.joined(20, 1), 9, FakeTerminal(columns, 6)).rows()


# --- replace_response ---


@pytest.mark.parametrize("at", range(0, len(SHORT) + 1, 1 if FULL else 4))
def test_a_replaced_answer_leaves_no_residue(at: int) -> None:
    """While the answer is on the screen, replacing it erases all of it, wherever it was."""
    terminal, clock = FakeTerminal(60, 30), FakeClock()
    with MarkdownStream(console_on(terminal), clock=clock) as stream:
        feed(stream, clock, SHORT[:at], 3)
        stream.replace("Instead, *this*.")
        clock.advance(ONE_FRAME)
        stream.feed(" And more.")
    assert terminal.rows() == ["Instead, this. And more."]


def test_a_status_that_counts_leaves_the_answer_only() -> None:
    """The usual "Thinking… (3s)" leaves nothing behind."""
    terminal, clock = FakeTerminal(), FakeClock()
    with MarkdownStream(console_on(terminal), clock=clock) as stream:
        for second in range(29):
            stream.replace(f"Thinking… ({second}s)\n\n> working\n")
            clock.advance(ONE_FRAME)
        stream.replace(SHORT)
    assert terminal.rows() == rendered(SHORT)


def test_an_answer_that_scrolled_away_is_marked_as_replaced() -> None:
    """Scrollback can't be edited, so a line says that the answer begins anew."""
    terminal, clock = FakeTerminal(), FakeClock()
    with MarkdownStream(console_on(terminal), clock=clock) as stream:
        feed(stream, clock, SPARSE, 50)
        stream.replace("Anew.")
    assert terminal.rows() == [*rendered(SPARSE), REPLACED, "Anew."]


# --- stopping ---


@pytest.mark.parametrize("at", range(0, len(SHORT), 1 if FULL else 7))
def test_a_stopped_answer_is_kept_and_marked(at: int) -> None:
    """Ctrl-C at any moment keeps the part, marked, and shows the cursor again."""
    terminal = FakeTerminal(60, 30)
    with pytest.raises(KeyboardInterrupt):
        stop_after(SHORT[:at], terminal)
    assert terminal.rows() == [*rendered(SHORT[:at]), STOPPED]
    assert not terminal.cursor_is_hidden


def stop_after(text: str, terminal: FakeTerminal) -> None:
    clock = FakeClock()
    with MarkdownStream(console_on(terminal), clock=clock) as stream:
        feed(stream, clock, text, 2)
        raise KeyboardInterrupt


def test_interrupt_shows_what_was_queued() -> None:
    """Text that came after the last frame belongs to the part that is kept."""
    terminal = FakeTerminal()
    stream = MarkdownStream(console_on(terminal), clock=FakeClock())
    stream.feed("one ")
    stream.feed("two")
    stream.interrupt()
    assert terminal.rows() == ["one two", STOPPED]


def test_nothing_said_nothing_shown() -> None:
    """An empty answer writes nothing."""
    assert shown("", 1).writes == []


# --- resize ---


@pytest.mark.parametrize("size", [(40, 12), (90, 12), (60, 6), (60, 20)], ids=str)
def test_after_a_resize_the_rest_is_complete(size: tuple[int, int]) -> None:
    """What is on the screen is left to the terminal; the open block and all after it follow."""
    terminal, clock = FakeTerminal(), FakeClock()
    first, second = "Before it.\n\nThe open\nblock", " goes on.\n\n" + SPARSE
    with MarkdownStream(console_on(terminal), clock=clock) as stream:
        feed(stream, clock, first, 5)
        terminal.resize(*size)
        feed(stream, clock, second, 5)
    after = rendered("The open\nblock" + second, size[0])
    assert terminal.rows()[-len(after) :] == after
    assert terminal.rows().count("Before it.") == 1


# --- foreign text ---


@pytest.mark.parametrize("attack", [attack for attack, _ in ATTACKS.values()], ids=ATTACKS)
def test_no_control_code_of_a_bot_reaches_the_terminal(attack: str) -> None:
    """The screen is that of the clean text, whatever the pieces and wherever the code stands."""
    texts = [attack, f"**{attack}**\n", f"```\n{attack}\n```\n", f"[{attack}](/u)", f"# {attack}\n"]
    screens = [[shown(text, chunk).rows() for chunk in (1, 80)] for text in texts]
    assert screens == [[rendered(text)] * 2 for text in texts]


def test_an_entity_is_no_way_around() -> None:
    """&#13; becomes a control code after the text was cleaned; it is dropped all the same."""
    written = "".join(shown("a&#27;[31m&#13;b &#155;31m `&#27;`", 80).writes)
    assert "\x1b[31m" not in written
    assert "\x9b" not in written
    assert "\rb" not in written


@pytest.mark.parametrize(
    ("url", "clickable"),
    [
        ("https://example.org/a?b=c#d", True),
        ("mailto:me@example.org", True),
        ("javascript:alert(1)", False),
        ("file:///etc/passwd", False),
        ("x-app:run", False),
        ("/relative", False),
    ],
    ids=["https", "mail", "javascript", "file", "other", "relative"],
)
def test_only_harmless_addresses_become_links(url: str, clickable: bool) -> None:
    """A hyperlink hides its address, so only web and mail addresses get one."""
    terminal = FakeTerminal()
    terminal.env["TERM_PROGRAM"] = "WezTerm"
    written = "".join(shown(f"[text]({url})", 80, terminal).writes)
    assert (f";{url}\x1b\\" in written) is clickable


@pytest.mark.parametrize(
    ("env", "links"),
    [
        ({"TERM_PROGRAM": "iTerm.app"}, True),
        ({"VTE_VERSION": "6800"}, True),
        ({"VTE_VERSION": "4200"}, False),
        ({"WT_SESSION": "1"}, True),
        ({"WT_SESSION": "1", "TMUX": "/tmp/tmux"}, False),  # noqa: S108 - a value, no file
        ({}, False),
    ],
    ids=["iterm", "vte", "old vte", "windows", "tmux", "unknown"],
)
def test_links_where_the_terminal_knows_them(env: dict[str, str], links: bool) -> None:
    """Elsewhere the address stands beside the text."""
    terminal = FakeTerminal()
    terminal.env.update(env)
    assert (
        "(https://example.org)" not in shown("[a](https://example.org)", 9, terminal).rows()[0]
    ) is links


# --- plain ways ---


def test_text_plain_is_never_markdown() -> None:
    """text/plain shows every character as it came."""
    terminal = FakeTerminal()
    with MarkdownStream(console_on(terminal), content_type="text/plain") as stream:
        stream.feed("# no *heading*\n\n\n- no list\n")
    assert terminal.rows() == ["# no *heading*", "", "", "- no list"]


def test_plain_text_is_replaced_in_place() -> None:
    """Plain text is painted too, so a replacement erases it."""
    terminal, clock = FakeTerminal(), FakeClock()
    with MarkdownStream(console_on(terminal), content_type="text/plain", clock=clock) as stream:
        feed(stream, clock, "x" * 100, 9)
        stream.replace("y")
    assert terminal.rows() == ["y"]


def append_only(console: Console, *, plain: bool = False) -> None:
    with MarkdownStream(console, plain=plain) as stream:
        stream.feed("**raw** \x1b[31mtext")


@pytest.mark.parametrize(
    ("env", "plain"), [({"TERM": "dumb"}, False), ({}, True)], ids=["dumb", "--plain"]
)
def test_where_nothing_can_be_painted_text_is_appended(env: dict[str, str], plain: bool) -> None:
    """A dumb terminal and a screen reader get the text in order, with no escape sequence."""
    terminal = FakeTerminal()
    terminal.env.update(env)
    append_only(console_on(terminal), plain=plain)
    assert "".join(terminal.writes) == "**raw** text\n"


def test_a_file_gets_the_text() -> None:
    """Not a terminal: the text as it comes, ended by a line end."""
    console = Console.test()
    append_only(console)
    assert isinstance(console.stdout, io.StringIO)
    assert console.stdout.getvalue() == "**raw** text\n"


def appended(act: Callable[[MarkdownStream], None]) -> tuple[str, str]:
    console, clock = Console.test(), FakeClock()
    stream = MarkdownStream(console, clock=clock)
    stream.feed("first")
    clock.advance(ONE_FRAME)
    act(stream)
    stream.finish()
    assert isinstance(console.stdout, io.StringIO)
    assert isinstance(console.stderr, io.StringIO)
    return console.stdout.getvalue(), console.stderr.getvalue()


@pytest.mark.parametrize(
    ("act", "out", "err"),
    [
        (lambda s: s.replace("second"), "first\nsecond\n", f"{REPLACED}\n"),
        (lambda s: s.interrupt(), "first\n", f"{STOPPED}\n"),
        (lambda s: s.feed("\n"), "first\n", ""),
    ],
    ids=["replaced", "stopped", "line ended"],
)
def test_in_a_pipe_marks_go_to_stderr(
    act: Callable[[MarkdownStream], None], out: str, err: str
) -> None:
    """The text is data; that it was replaced or stopped is said beside it."""
    assert appended(act) == (out, err)


# --- frames ---


def test_at_most_twenty_frames_a_second() -> None:
    """All that came since the last frame is shown in one write."""
    terminal, clock = FakeTerminal(), FakeClock()
    stream = MarkdownStream(console_on(terminal), clock=clock)
    for _ in range(1000):
        stream.feed("word ")
        clock.advance(0.001)
    assert len(terminal.writes) <= 21
    stream.finish()
    assert terminal.rows() == rendered("word " * 1000)


def test_next_frame_in_tells_when_to_tick() -> None:
    """Nothing queued: no need to; else the time to the next frame."""
    clock = FakeClock()
    stream = MarkdownStream(console_on(FakeTerminal()), clock=clock)
    assert stream.next_frame_in is None
    stream.feed("a")
    assert stream.next_frame_in is None
    stream.feed("b")
    assert stream.next_frame_in == pytest.approx(FRAME_SECONDS)
    clock.advance(FRAME_SECONDS)
    stream.tick()
    assert stream.next_frame_in is None


def test_dear_frames_become_rare() -> None:
    """A frame that took long is followed by a pause ten times as long."""
    clock, terminal = FakeClock(), FakeTerminal()
    slow = SlowTerminal(clock, seconds=0.1)
    stream = MarkdownStream(Console(io.StringIO(), slow, slow, terminal.env), clock=clock)
    stream.feed("a")
    stream.feed("b")
    assert stream.next_frame_in == pytest.approx(1.0)


class SlowTerminal(FakeTerminal):
    """A terminal that takes its time."""

    def __init__(self, clock: FakeClock, seconds: float) -> None:
        super().__init__()
        self._clock, self._seconds = clock, seconds

    def write(self, text: str) -> int:
        self._clock.advance(self._seconds)
        return super().write(text)
