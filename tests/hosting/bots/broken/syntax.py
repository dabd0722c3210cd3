import fastapi_poe as fp

class EchoBot(fp.PoeBot)
    pass
