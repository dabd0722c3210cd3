"""Charges the user for each word: reserves the maximum, works, then charges."""

from __future__ import annotations

from collections.abc import AsyncIterable

import fastapi_poe as fp

# In milli-cents: 1000 of them are one US cent.
PRICE_OF_A_WORD = 20
MAX_WORDS = 100


class CostsBot(fp.PoeBot):
    async def get_response(
        self, request: fp.QueryRequest
    ) -> AsyncIterable[fp.PartialResponse]:
        # Reserves the most that this answer can cost. If the user can't pay it, this
        # raises InsufficientFundError, which fastapi_poe turns into Poe's own message.
        await self.authorize_cost(request, cost_of(MAX_WORDS))
        words = request.query[-1].content.split()[:MAX_WORDS]
        yield fp.PartialResponse(text=" ".join(reversed(words)))
        # Charges what it did cost; the rest of the reservation is released.
        await self.capture_cost(request, cost_of(len(words)))

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        return fp.SettingsResponse(
            # Poe shows the tags as points.
            rate_card=f"Each word costs [usd_milli_cents={PRICE_OF_A_WORD}] points.",
            cost_label=f"up to [usd_milli_cents={PRICE_OF_A_WORD * MAX_WORDS}] points",
        )


def cost_of(words: int) -> fp.CostItem:
    return fp.CostItem(
        amount_usd_milli_cents=words * PRICE_OF_A_WORD,
        description=f"{words} reversed words",
    )


# Poe only lets a bot charge with an access key, from POE_ACCESS_KEY.
bot = CostsBot()

if __name__ == "__main__":
    fp.run(bot)
