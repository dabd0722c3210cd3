"""make_app without a key of its own."""
import fastapi_poe as fp

app = fp.make_app(fp.PoeBot())
