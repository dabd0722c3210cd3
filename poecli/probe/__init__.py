"""A bot looked at from outside, over HTTP, whoever serves it and in whatever language.

    results = await examine_url(BotAddress.at("https://my-bot.example.com/", key))

url_steps   the steps from a public URL to a streamed answer, taken up to the first that fails
connection  the first of them: name, port, TLS; answers: those that ask the bot something
site        what the steps share: the bot, what it is asked, what it has answered
exchange    one request and all that came back, with times; queries: the requests, as Poe sends them

`poe doctor URL`, `poe dev --tunnel` and `poe deploy` take the steps; `poe check` and `poe trigger`
drive bots by ``exchange``. Nothing here prints: each result is given to ``show`` as it is found.
"""
