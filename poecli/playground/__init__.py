"""The page that bot authors keep open: the chat and each turn of a bot in a browser.

playground    Playground: mounted in local/, hears dev_events
turns         what happened beside each turn, as the page shows it; earlier_turns: before this run
threads       the page's chats; thread: one, asked by poecli.chats; answer_text: one of its answers
keeping       where they are kept: with those of `poe chat`
markdown/     a bot's Markdown as it arrives → what the page changes; aside: where that takes long
again/        a kept question asked again, and what changed
kept_json     a kept turn for the page's tabs; prompts: what of a prompt was sent on
feed          all of it as one resumable stream for each browser
api           what the page asks, described in openapi.json; requests: what each must have
local_poe     the local Poe beside the bots, as the page shows and sets it
pages         the page's own files, in page/
"""
