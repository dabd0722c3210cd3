import fastapi_poe as fp


class Named(fp.PoeBot):
    def __init__(self, name):
        super().__init__()
