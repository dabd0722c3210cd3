"""Two bots, one without a key."""
import fastapi_poe as fp

app = fp.make_app([fp.PoeBot(path="/a", access_key="a" * 32), fp.PoeBot(path="/b")])
