"""Adds controls next to the message box, and reads what the user set."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import Any

import fastapi_poe as fp

# Poe shows defaults on its page, but only sends what the user changed.
DEFAULTS: dict[str, Any] = {
    "title": "Untitled",
    "notes": "",
    "style": "plain",
    "detailed": False,
    "pages": 2,
    "format": "a4",
}

CONTROLS = fp.ParameterControls(
    sections=[
        fp.Section(
            name="Document",
            controls=[
                fp.TextField(
                    label="Title",
                    parameter_name="title",
                    default_value=DEFAULTS["title"],
                    placeholder="What is it called?",
                ),
                fp.TextArea(
                    label="Notes",
                    description="What must not be forgotten",
                    parameter_name="notes",
                    default_value=DEFAULTS["notes"],
                ),
                fp.Divider(),
                fp.ToggleSwitch(
                    label="Detailed",
                    parameter_name="detailed",
                    default_value=DEFAULTS["detailed"],
                ),
                # Shown only while the switch is on.
                fp.ConditionallyRenderControls(
                    condition=fp.ComparatorCondition(
                        comparator="eq",
                        left=fp.ParameterValue(parameter_name="detailed"),
                        right=fp.LiteralValue(literal=True),
                    ),
                    controls=[
                        fp.Slider(
                            label="Pages",
                            parameter_name="pages",
                            default_value=DEFAULTS["pages"],
                            min_value=1,
                            max_value=10,
                            step=1,
                        )
                    ],
                ),
            ],
        ),
        fp.Section(
            name="Looks",
            collapsed_by_default=True,
            # A section has either controls or tabs.
            tabs=[
                fp.Tab(
                    name="Style",
                    controls=[
                        fp.DropDown(
                            label="Style",
                            parameter_name="style",
                            default_value=DEFAULTS["style"],
                            options=[
                                fp.ValueNamePair(value="plain", name="Plain"),
                                fp.ValueNamePair(value="formal", name="Formal"),
                            ],
                        )
                    ],
                ),
                fp.Tab(
                    name="Paper",
                    controls=[
                        fp.AspectRatio(
                            label="Format",
                            parameter_name="format",
                            default_value=DEFAULTS["format"],
                            options=[
                                fp.AspectRatioOption(value="a4", width=210, height=297),
                                fp.AspectRatioOption(value="square", width=1, height=1),
                            ],
                        )
                    ],
                ),
            ],
        ),
    ]
)


class ParameterControlsBot(fp.PoeBot):
    async def get_response(
        self, request: fp.QueryRequest
    ) -> AsyncIterable[fp.PartialResponse]:
        parameters = DEFAULTS | request.query[-1].parameters
        yield fp.PartialResponse(text="Your document would be made with:\n\n")
        for name in DEFAULTS:
            if name != "pages" or parameters["detailed"]:
                line = f"- {name}: {parameters[name]}\n"
                yield fp.PartialResponse(text=line)

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        return fp.SettingsResponse(parameter_controls=CONTROLS)


bot = ParameterControlsBot()

if __name__ == "__main__":
    fp.run(bot)
