import fastapi_poe as fp

app = fp.make_app([fp.PoeBot(), fp.PoeBot()], allow_without_key=True)
