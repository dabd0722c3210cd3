"""Which address is asked through which proxy."""

from __future__ import annotations

import importlib.util

import pytest

from poecli.config.network.proxies import Proxies, proxy_variables, usable_everywhere
from poecli.errors import UsageError

P, Q = "http://p:1", "http://q:2"
OUT = "https://host.a.b/"

CASES: list[tuple[str, dict[str, str], str, str | None]] = [
    ("none", {}, OUT, None),
    ("of the scheme", {"https": P, "http": Q}, OUT, P),
    ("of another scheme", {"http": Q}, OUT, None),
    ("all", {"all": P}, OUT, P),
    ("the scheme beats all", {"all": Q, "https": P}, OUT, P),
    ("without scheme", {"https": "p:1"}, OUT, P),
    ("no proxy at all", {"all": P, "no": "a.c, *"}, OUT, None),
    ("a domain", {"all": P, "no": "a.b"}, OUT, None),
    ("a domain with a dot", {"all": P, "no": " .a.b "}, OUT, None),
    ("a domain with a star", {"all": P, "no": "*.a.b"}, OUT, None),
    ("the domain itself", {"all": P, "no": ".a.b"}, "http://A.B./", None),
    ("another domain", {"all": P, "no": "a.b"}, "http://ba.b/", P),
    ("an address", {"all": P, "no": "10.0.0.1"}, "http://10.0.0.1/", None),
    ("another address", {"all": P, "no": "10.0.0.1"}, "http://10.0.0.12/", P),
    ("a net", {"all": P, "no": "10.0.0.0/8"}, "http://10.9.8.7:99/", None),
    ("a net with host bits", {"all": P, "no": "10.1.2.3/8"}, "http://10.9.8.7/", None),
    ("a net and a name", {"all": P, "no": "10.0.0.0/8"}, OUT, P),
    ("a net of v6", {"all": P, "no": "localhost,127.0.0.0/8,fe80::/10"}, "http://[fe80::9]/", None),
    ("v6", {"all": P, "no": "fe80::1"}, "http://[fe80::1]/", None),
    ("v6 in brackets", {"all": P, "no": "[fe80::1]:80"}, "http://[fe80::1]/", None),
    ("a port", {"all": P, "no": "a.b:443"}, OUT, None),
    ("another port", {"all": P, "no": "a.b:444"}, OUT, P),
    ("a URL", {"all": P, "no": "https://a.b"}, OUT, None),
    ("a URL of another scheme", {"all": P, "no": "http://a.b"}, OUT, P),
    ("nonsense", {"all": P, "no": "a b,[,a.b:x,/,,10.0.0.0/99"}, OUT, P),
    ("the loopback", {"all": P}, "http://127.0.0.1:8080/", None),
    ("localhost", {"all": P}, "http://bot.localhost/", None),
    ("the loopback in v6", {"all": P}, "http://[::1]:8080/", None),
]


@pytest.mark.parametrize(
    ("settings", "url", "proxy"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_an_address_and_its_proxy(settings: dict[str, str], url: str, proxy: str | None) -> None:
    """Schemes, names, nets and ports of no_proxy, and the loopback past all of it."""
    assert Proxies(settings).of(url) == proxy


def test_what_a_library_fails_on_is_left_out() -> None:
    """httpx raises for a net of IPv6 addresses; the bot's own calls would end in it."""
    entries = "localhost, 127.0.0.0/8,::1/128,fe80::1,a b,*.a.b,http://x,["
    assert usable_everywhere(entries) == [
        "localhost",
        "127.0.0.0/8",
        "fe80::1",
        "*.a.b",
        "http://x",
    ]


@pytest.mark.parametrize(
    "proxy",
    [
        "ftp://p:1",
        "http://",
        "://",
        "nonsense://x",
        "http://p:x",
        "http://[",
        "http://p q:1",
        "http://a..b:1",
    ],
)
def test_a_proxy_that_cant_be_used_names_its_variable(proxy: str) -> None:
    """The error says which variable to fix."""
    with pytest.raises(UsageError, match="all_proxy"):
        Proxies({"all": proxy})


def test_a_proxys_password_is_not_shown() -> None:
    """User and password of a proxy stay out of the error."""
    with pytest.raises(UsageError) as caught:
        Proxies({"all": "ftp://me:hidden@p:1"})
    assert "hidden" not in str(caught.value.as_json())


@pytest.mark.skipif(
    importlib.util.find_spec("socksio") is not None, reason="socksio is installed here"
)
@pytest.mark.parametrize("proxy", ["socks://p:1", "socks5://p:1", "socks4a://p:1"])
def test_a_socks_proxy_asks_for_its_package(proxy: str) -> None:
    """Desktops write socks://: it is read as SOCKS 5, which needs socksio."""
    with pytest.raises(UsageError, match="SOCKS") as caught:
        Proxies({"all": proxy})
    assert "pip install socksio" in caught.value.hint


VARIABLES: list[tuple[dict[str, str], dict[str, str]]] = [
    ({"HTTP_PROXY": "p:1", "https_proxy": Q}, {"HTTP_PROXY": P, "https_proxy": Q}),
    ({"ALL_PROXY": P, "all_proxy": ""}, {"ALL_PROXY": P}),
    ({"HTTP_PROXY": "ftp://x", "NO_PROXY": "a.b, *"}, {}),
    ({"FTP_PROXY": "ftp://x", "NO_PROXY": "a.b", "PROXY": "x"}, {}),
]


@pytest.mark.parametrize(("environment", "usable"), VARIABLES)
def test_the_variables_are_those_that_http_libraries_read(
    environment: dict[str, str], usable: dict[str, str]
) -> None:
    """In upper and lower case, in a form that all of them take; none where no_proxy is all."""
    assert proxy_variables(environment) == usable


@pytest.mark.parametrize("name", ["HTTP_PROXY", "https_proxy", "ALL_PROXY"])
def test_the_error_has_the_variables_own_name(name: str) -> None:
    """As the user wrote it."""
    with pytest.raises(UsageError, match=name):
        proxy_variables({name: "ftp://me:hidden@p:1"})
