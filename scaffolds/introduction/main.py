"""A little trivia game: it introduces itself, offers choices and keeps score."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
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
        # The choices are in the text: Poe was seen to ignore suggested replies.
        yield fp.PartialResponse(text=play(request.query))

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        return fp.SettingsResponse(
            introduction_message="Welcome to the trivia bot! "
            f"Please choose a topic: {choice(TOPICS)}."
        )


def choice(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}"


def play(messages: list[fp.ProtocolMessage]) -> str:
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

    def answer(self, text: str) -> str:
        if self.number == len(self.questions):
            return self.choose_topic(text)
        question = self.questions[self.number]
        self.number += 1
        if question.answer.lower() in text.lower():
            self.score += 1
            return self.ask("Right!")
        return self.ask(f"No: {question.answer}.")

    def choose_topic(self, text: str) -> str:
        for topic, questions in TOPICS.items():
            if topic in text.lower():
                self.questions, self.number, self.score = questions, 0, 0
                return self.ask(f"Let's talk about {topic}.")
        return f"Which topic do you choose: {choice(TOPICS)}?"

    def ask(self, verdict: str) -> str:
        total = len(self.questions)
        if self.number == total:
            score = f"You had {self.score} of {total} right."
            return f"{verdict} {score} Another topic: {choice(TOPICS)}?"
        question = self.questions[self.number]
        heading = f"**{self.number + 1} of {total}.**"
        return f"{verdict}\n\n{heading} {question.text} {choice(question.choices)}?"


bot = TriviaBot()

if __name__ == "__main__":
    fp.run(bot)
