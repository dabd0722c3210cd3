"""Poe's /v1: the same bots, in the dialects that the openai and anthropic packages speak.

endpoint            one way for all: a request -> the bots -> the answer, whole or streamed
dialect             what a dialect brings to it; what an answer adds, piece by piece
chat_completions    OpenAI's first; its body is read by chat_body
responses           OpenAI's second: response_body, and kept_responses for previous_response_id
messages            Anthropic's; its body is read by message_body
fields              a foreign body field by field: what does not fit is named
history             messages and rounds of tools -> the query of Poe's protocol
rate_limit          the x-ratelimit-* headers
"""
