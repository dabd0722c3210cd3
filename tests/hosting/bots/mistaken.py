"""Bots with the mistakes that fastapi_poe reports without a line; each marked where it is made."""

import fastapi_poe as fp


class Text(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="first ")
        yield "plain"  # text


class Mapping(fp.PoeBot):
    async def get_response(self, request):
        request = request.query[-1]
        yield {"text": request.content}  # dict


class Nothing(fp.PoeBot):
    async def get_response_with_context(self, request, context):
        yield None  # nothing


class Returns(fp.PoeBot):
    async def get_response(self, request):  # returns
        return "plain"


class Sync(fp.PoeBot):
    def get_response(self, request):  # sync
        yield fp.PartialResponse(text="plain")


class Attribute(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text=request.text)  # attribute


class MappingOfSettings(fp.PoeBot):
    async def get_settings(self, setting):  # settings
        return {"allow_attachments": True}


class NoSettings(fp.PoeBot):
    async def get_settings_with_context(self, setting, context):  # none
        fp.SettingsResponse(allow_attachments=True)


class SyncSettings(fp.PoeBot):
    def get_settings(self, setting):  # plain
        return fp.SettingsResponse()


class Unlisted(fp.PoeBot):
    async def get_response(self, request):
        async for part in request.query:  # unlisted
            yield part


bots = [
    Text(path="/text"),
    Mapping(path="/dict"),
    Nothing(path="/nothing"),
    Returns(path="/returns"),
    Sync(path="/sync"),
    Attribute(path="/attribute"),
    Unlisted(path="/unlisted"),
    MappingOfSettings(path="/settings"),
    NoSettings(path="/none"),
    SyncSettings(path="/plain"),
]
