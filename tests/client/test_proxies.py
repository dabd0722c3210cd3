"""Which address is asked through which proxy."""

from __future__ import annotations

import importlib.util

import pytest

from poecli.client.proxies import proxy_for
from poecli.errors import UsageError

P = "http://p:1"
DIRECT = {"all://localhost": None, "all://127.0.0.1": None, "all://[::1]": None}

CASES: list[tuple[str, dict[str, str], dict[str, str | None]]] = [
    ("none", {}, {}),
    ("one", {"https": P}, {"https://": P, **DIRECT}),
    ("all", {"all": P}, {"all://": P, **DIRECT}),
    ("without-scheme", {"http": "p:1"}, {"http://": P, **DIRECT}),
    ("no-proxy-at-all", {"all": P, "no": "*"}, {}),
    ("domain", {"all": P, "no": "a.b"}, {"all://": P, **DIRECT, "all://*a.b": None}),
    ("below", {"all": P, "no": ".a.b"}, {"all://": P, **DIRECT, "all://*.a.b": None}),
    ("address", {"all": P, "no": "10.0.0.1"}, {"all://": P, **DIRECT, "all://10.0.0.1": None}),
    ("v6", {"all": P, "no": "fe80::1"}, {"all://": P, **DIRECT, "all://[fe80::1]": None}),
    ("url", {"all": P, "no": "http://x"}, {"all://": P, **DIRECT, "http://x": None}),
]


@pytest.mark.parametrize(
    ("settings", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_addresses_and_their_proxies(
    settings: dict[str, str], expected: dict[str, str | None]
) -> None:
    """Schemes, no_proxy and the loopback become patterns."""
    assert proxy_for(settings) == expected


@pytest.mark.parametrize("proxy", ["ftp://p:1", "http://", "://", "nonsense://x"])
def test_a_proxy_that_cant_be_used_names_its_variable(proxy: str) -> None:
    """The error says which variable to mend."""
    with pytest.raises(UsageError, match="all_proxy"):
        proxy_for({"all": proxy})


def test_a_proxys_password_is_not_shown() -> None:
    """User and password of a proxy stay out of the error."""
    with pytest.raises(UsageError) as caught:
        proxy_for({"all": "ftp://me:hidden@p:1"})
    assert "hidden" not in str(caught.value.as_json())


@pytest.mark.skipif(
    importlib.util.find_spec("socksio") is not None, reason="socksio is installed here"
)
@pytest.mark.parametrize("proxy", ["socks://p:1", "socks5://p:1", "socks4a://p:1"])
def test_a_socks_proxy_asks_for_its_package(proxy: str) -> None:
    """Desktops write socks://: it is read as SOCKS 5, which needs socksio."""
    with pytest.raises(UsageError, match="SOCKS") as caught:
        proxy_for({"all": proxy})
    assert "pip install socksio" in caught.value.hint
