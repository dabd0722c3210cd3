"""What a file of the author's says, read once and without running it."""

from __future__ import annotations

import pytest

from poecli.source.python_file import PythonFile, argument, variable_read


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("class A(fp.PoeBot): ...\nclass B(A): ...\nclass C(D): ...", ["A", "B"]),
        ("class B(A): ...\nclass A(PoeBot): ...", ["B", "A"]),
        ("from fastapi_poe import PoeBot as Base\nclass A(Base): ...", ["A"]),
        ("from mine import BasePoeBot\nclass A(BasePoeBot): ...", ["A"]),
        ("class A(PoeBot, Generic[T]): ...\nclass B(A[int]): ...", ["A", "B"]),
        ("def make():\n    class A(PoeBot): ...", ["A"]),
        ("class A(Protocol[PoeBot]): ...", []),
        ("class A(", []),
    ],
)
def test_bot_classes_are_subclasses_of_poe_bot_and_theirs(source: str, names: list[str]) -> None:
    """By one definition, in whatever order they stand."""
    assert list(PythonFile(source).bot_classes) == names


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("f(a='x')", "x"),
        ("f('x')", "x"),
        ("N = 'x'\nf(N)", "x"),
        ("N: str = 'x'\nf(a=N)", "x"),
        ("N = 'x'\nN = 'y'\nf(N)", None),
        ("N = 'x'\ndef g(N): f(N)", None),
        ("f(*rest, 'x')", None),
        ("f(1)", None),
        ("f()", None),
    ],
)
def test_an_argument_is_a_text_where_its_name_is_bound_once(source: str, text: str | None) -> None:
    """By its place or its name; what only running tells is None."""
    file = PythonFile(source)
    (call,) = file.calls("f")
    assert file.text(argument(call, "a", 0)) == text


@pytest.mark.parametrize(
    ("source", "variable"),
    [
        ("f(a=os.environ['X'])", "X"),
        ("f(a=os.getenv('X', '') or 'y')", "X"),
        ("f(a=environ.get('X').strip())", "X"),
        ("f(a=os.environ[name])", None),
        ("f(a='X')", None),
    ],
)
def test_the_variable_of_an_expression_is_read(source: str, variable: str | None) -> None:
    """In each of the ways in which Python code reads one."""
    (call,) = PythonFile(source).calls("f")
    assert variable_read(argument(call, "a")) == variable


@pytest.mark.parametrize("code", ["def (", b"\xff\xfe\x00", "x = '\x00'", "(" * 10_000])
def test_what_is_not_python_is_empty_and_has_its_error(code: str | bytes) -> None:
    """Whoever reads it need not catch anything."""
    file = PythonFile(code)
    assert isinstance(file.error, SyntaxError)
    assert list(file.calls()) == []


def test_bytes_are_read_in_the_encoding_that_they_name() -> None:
    """As Python itself reads a file."""
    file = PythonFile("# coding: latin-1\nf('é')".encode("latin-1"))
    (call,) = file.calls("f")
    assert file.text(argument(call, "a", 0)) == "é"
