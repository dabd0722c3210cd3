"""Calls to Poe that go round fastapi_poe, with each client an author may use."""
import asyncio
import http.client
import socket
import urllib.request

import aiohttp
import fastapi_poe as fp
import httpx
import openai
import requests

URL = "https://api.poe.com/v1/models"


def with_httpx():
    httpx.get(URL)


def with_urllib():
    urllib.request.urlopen(URL)


def with_http_client():
    http.client.HTTPSConnection("www.quora.com").request("GET", "/")


def with_a_socket():
    socket.create_connection(("poe.com", 443))


def with_a_bare_socket():
    with socket.socket() as bare:
        bare.connect(("api.poe.com", 443))


async def with_async_httpx():
    async with httpx.AsyncClient() as client:
        await client.post(URL)


async def with_aiohttp():
    async with aiohttp.ClientSession() as session:
        await session.get(URL)


async def with_streams():
    await asyncio.open_connection("API.poe.com.", 443)


async def with_a_thread():
    await asyncio.to_thread(with_httpx)


async def with_the_sdk_and_the_host():
    async for _ in fp.get_bot_response(
        [], "x", api_key="k", base_url="https://api.poe.com/bot/"
    ):
        pass


class CallingBot(fp.PoeBot):
    async def get_response(self, request):
        await with_async_httpx()
        yield fp.PartialResponse(text="not reached")


def with_requests():
    requests.get(URL, timeout=5)


async def with_openai():
    async with openai.AsyncOpenAI(base_url="https://api.poe.com/v1", api_key="k") as client:
        await client.models.list()
