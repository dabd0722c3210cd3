"""Lets a model call Python functions in as many rounds as needed, and remember them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Callable, Iterator

import fastapi_poe as fp

MODEL = "GPT-3.5-Turbo"
MAX_ROUNDS = 5
STOCK = {"apples": 12, "pears": 0, "plums": 40}


def count_stock(fruit: str) -> int:
    return STOCK.get(fruit, 0)


FUNCTIONS: dict[str, Callable[..., object]] = {"count_stock": count_stock}
TOOLS = [
    fp.ToolDefinition.model_validate(
        {
            "type": "function",
            "function": {
                "name": "count_stock",
                "description": "Count the fruit of one kind that is in stock",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "fruit": {
                            "type": "string",
                            "enum": ["apples", "pears", "plums"],
                        }
                    },
                    "required": ["fruit"],
                },
            },
        }
    )
]


class FunctionCallingLoopBot(fp.PoeBot):
    async def get_response(
        self, request: fp.QueryRequest
    ) -> AsyncIterable[fp.PartialResponse | fp.DataResponse]:
        history = list(with_earlier_calls(request.query))
        new: list[fp.ProtocolMessage] = []
        for _ in range(MAX_ROUNDS):
            calls: dict[int, fp.ToolCallDefinition] = {}
            query = request.model_copy(update={"query": [*history, *new]})
            async for part in fp.stream_request(
                query, MODEL, request.access_key, tools=TOOLS
            ):
                if part.tool_calls:
                    collect(part, calls)
                # A meta event only counts at the start of an answer.
                elif not isinstance(part, fp.MetaResponse):
                    yield part
            if not calls:
                break
            new += messages_of(list(calls.values()))
        else:
            yield fp.PartialResponse(text="This takes too many steps, so I stop here.")
        if new:
            # Comes back as the metadata of this answer, only to this bot.
            saved = json.dumps([message.model_dump() for message in new])
            yield fp.DataResponse(metadata=saved)

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        return fp.SettingsResponse(server_bot_dependencies={MODEL: MAX_ROUNDS})


def collect(part: fp.PartialResponse, calls: dict[int, fp.ToolCallDefinition]) -> None:
    """Assembles calls: the first piece has the name, each has a part of the JSON."""
    for piece in part.tool_calls:
        if piece.index in calls:
            calls[piece.index].function.arguments += piece.function.arguments
        else:
            calls[piece.index] = fp.ToolCallDefinition.model_validate(
                piece.model_dump()
            )


def messages_of(calls: list[fp.ToolCallDefinition]) -> list[fp.ProtocolMessage]:
    """The calls and their results, in the form that models on Poe expect."""
    asked = json.dumps([call.model_dump() for call in calls])
    results = json.dumps([result_of(call).model_dump() for call in calls])
    return [
        fp.ProtocolMessage(role="bot", message_type="function_call", content=asked),
        fp.ProtocolMessage(role="tool", content=results),
    ]


def result_of(call: fp.ToolCallDefinition) -> fp.ToolResultDefinition:
    """A mistake of the model is a result too, so that it can correct it."""
    result: object
    try:
        arguments = json.loads(call.function.arguments)
        result = FUNCTIONS[call.function.name](**arguments)
    except (KeyError, TypeError, ValueError) as error:
        result = {"error": repr(error)}
    return fp.ToolResultDefinition(
        role="tool",
        name=call.function.name,
        tool_call_id=call.id,
        content=json.dumps(result),
    )


def with_earlier_calls(
    messages: list[fp.ProtocolMessage],
) -> Iterator[fp.ProtocolMessage]:
    """Puts the calls of earlier answers back where they were made."""
    for message in messages:
        if message.role == "bot" and message.metadata:
            for saved in json.loads(message.metadata):
                yield fp.ProtocolMessage.model_validate(saved)
        yield message


bot = FunctionCallingLoopBot()

if __name__ == "__main__":
    fp.run(bot)
