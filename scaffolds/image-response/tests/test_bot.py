from conftest import Ask
from main import IMAGE_URL


def test_the_answer_shows_the_picture(ask: Ask) -> None:
    assert f"]({IMAGE_URL})" in ask("Show me something.").text
