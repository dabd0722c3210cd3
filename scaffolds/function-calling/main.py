"""Lets a model call a Python function: fastapi_poe runs it and asks the model again."""

from __future__ import annotations

from collections.abc import AsyncIterable

import fastapi_poe as fp

MODEL = "GPT-3.5-Turbo"
CELSIUS = {"paris": 22, "san francisco": 18, "tokyo": 11}


def get_current_weather(location: str, unit: str = "celsius") -> dict[str, object]:
    """Returns the function's result for the model; fastapi_poe turns it into JSON."""
    celsius = CELSIUS.get(location.split(",")[0].strip().lower())
    if celsius is None:
        return {"location": location, "error": "no weather data for this location"}
    degrees = celsius if unit == "celsius" else round(celsius * 9 / 5 + 32)
    return {"location": location, "temperature": degrees, "unit": unit}


FUNCTIONS = [get_current_weather]
TOOLS = [
    fp.ToolDefinition.model_validate(
        {
            "type": "function",
            "function": {
                "name": "get_current_weather",
                "description": "Get the current weather in a city",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "location": {
                            "type": "string",
                            "description": "The city, for example Paris",
                        },
                        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                    },
                    "required": ["location"],
                },
            },
        }
    )
]


class FunctionCallingBot(fp.PoeBot):
    async def get_response(
        self, request: fp.QueryRequest
    ) -> AsyncIterable[fp.PartialResponse]:
        async for part in fp.stream_request(
            request,
            MODEL,
            request.access_key,
            tools=TOOLS,
            tool_executables=FUNCTIONS,
        ):
            # Each of the two calls starts with a meta event; within the
            # bot's own answer it would not count.
            if not isinstance(part, fp.MetaResponse):
                yield part

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        # Two calls: one in which the model asks for the function, one with its result.
        return fp.SettingsResponse(server_bot_dependencies={MODEL: 2})


bot = FunctionCallingBot()

if __name__ == "__main__":
    fp.run(bot)
