"""A little trivia game: it introduces itself, suggests answers and keeps score."""

from __future__ import annotations

from collections.abc import AsyncIterable
from dataclasses import dataclass

import fastapi_poe as fp


@dataclass(frozen=True)
class Question:
    text: str
    answer: str
    others: tuple[str, ...]

    @property
    def choices(self) -> list[str]:
        return sorted([self.answer, *self.others])


TOPICS = {
    "space": [
        Question("Which planet is the largest?", "Jupiter", ("Earth", "Saturn")),
        Question("What is the nearest star to us?", "The Sun", ("Sirius", "Vega")),
        Question("Which planet has the shortest year?", "Mercury", ("Mars", "Venus")),
    ],
    "animals": [
        Question("How many arms has an octopus?", "Eight", ("Six", "Ten")),
        Question("Which bird can't fly?", "The kiwi", ("The gull", "The swift")),
        Question("Which animal is the tallest?", "The giraffe", ("The elk", "A camel")),
    ],
}


class TriviaBot(fp.PoeBot):
    async def get_response(
        self, request: fp.QueryRequest
    ) -> AsyncIterable[fp.PartialResponse]:
        # The first event enables suggested replies; they come last.
        yield fp.MetaResponse(text="", suggested_replies=True)
        text, suggestions = play(request.query)
        yield fp.PartialResponse(text=text)
        for suggestion in suggestions:
            yield fp.PartialResponse(text=suggestion, is_suggested_reply=True)

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        return fp.SettingsResponse(
            introduction_message="Welcome to the trivia bot! "
            f"Please choose a topic: {' or '.join(TOPICS)}."
        )


def play(messages: list[fp.ProtocolMessage]) -> tuple[str, list[str]]:
    """The bot keeps no state: it replays the game from what the user has said."""
    game = Game()
    reply = game.choose_topic("")
    for message in messages:
        if message.role == "user":
            reply = game.answer(message.content)
    return reply


class Game:
    def __init__(self) -> None:
        self.questions: list[Question] = []
        self.number = 0
        self.score = 0

    def answer(self, text: str) -> tuple[str, list[str]]:
        if self.number == len(self.questions):
            return self.choose_topic(text)
        question = self.questions[self.number]
        self.number += 1
        if question.answer.lower() in text.lower():
            self.score += 1
            return self.ask("Right!")
        return self.ask(f"No: {question.answer}.")

    def choose_topic(self, text: str) -> tuple[str, list[str]]:
        for topic, questions in TOPICS.items():
            if topic in text.lower():
                self.questions, self.number, self.score = questions, 0, 0
                return self.ask(f"Let's talk about {topic}.")
        return "Which topic do you choose?", list(TOPICS)

    def ask(self, verdict: str) -> tuple[str, list[str]]:
        total = len(self.questions)
        if self.number == total:
            score = f"You had {self.score} of {total} right."
            return f"{verdict} {score} Another topic?", list(TOPICS)
        question = self.questions[self.number]
        return (
            f"{verdict}\n\n**{self.number + 1} of {total}.** {question.text}",
            question.choices,
        )


bot = TriviaBot()

if __name__ == "__main__":
    fp.run(bot)
