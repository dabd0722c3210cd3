import fastapi_poe as fp

one = fp.make_app(fp.PoeBot(), allow_without_key=True)
two = fp.make_app(fp.PoeBot(), allow_without_key=True)
