"""Which variable of TLS is stale, in words."""

from __future__ import annotations

import ssl
from pathlib import Path

import certifi
import pytest

from poecli.config.network.trust import mistake_behind, trust_mistake

GOOD = certifi.where()
CASES = [
    # name, variables, what stands in the error: nothing for variables that can be used
    ("none", {}, ""),
    ("empty", {"SSL_CERT_FILE": "", "SSL_CERT_DIR": "", "SSLKEYLOGFILE": ""}, ""),
    ("certificates", {"SSL_CERT_FILE": GOOD}, ""),
    ("a folder of them", {"SSL_CERT_DIR": "{here}"}, ""),
    ("several folders", {"SSL_CERT_DIR": "{here}/none:{here}"}, ""),
    ("a log", {"SSLKEYLOGFILE": "{here}/log"}, ""),
    ("a file beats the folder", {"SSL_CERT_FILE": GOOD, "SSL_CERT_DIR": "{here}/none"}, ""),
    ("missing", {"SSL_CERT_FILE": "{here}/none"}, "SSL_CERT_FILE is '{here}/none': no such file"),
    ("a folder", {"SSL_CERT_FILE": "{here}"}, "SSL_CERT_FILE is '{here}': it is a folder"),
    ("no PEM", {"SSL_CERT_FILE": "{here}/words"}, "contains no PEM certificate"),
    ("missing folder", {"SSL_CERT_DIR": "{here}/none"}, "SSL_CERT_DIR is '{here}/none': no such"),
    ("no folder", {"SSL_CERT_DIR": "{here}/words"}, "SSL_CERT_DIR is '{here}/words': no such"),
    ("no place for a log", {"SSLKEYLOGFILE": "{here}/no/log"}, "SSLKEYLOGFILE is '{here}/no/log'"),
]


@pytest.mark.parametrize(("variables", "says"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_stale_variable_is_named(variables: dict[str, str], says: str, tmp_path: Path) -> None:
    """The variable, its value, and what is wrong with it."""
    (tmp_path / "words").write_text("no PEM certificate")
    here = {name: value.format(here=tmp_path) for name, value in variables.items()}
    mistake = trust_mistake(here)
    assert says.format(here=tmp_path) in (mistake.why if mistake else "")
    assert bool(mistake) == bool(says)


def test_only_an_error_of_tls_is_laid_to_the_variable(tmp_path: Path) -> None:
    """A file of the author's that is missing is another matter."""
    stale = {"SSL_CERT_FILE": str(tmp_path / "none")}
    with pytest.raises(OSError, match="none") as of_the_author:
        (tmp_path / "none").read_text()
    with pytest.raises(OSError, match="No such file") as of_tls:
        ssl.create_default_context(cafile=stale["SSL_CERT_FILE"])
    assert mistake_behind(of_the_author.value, stale) is None
    assert mistake_behind(of_tls.value, stale) is not None
    assert mistake_behind(of_tls.value, {}) is None
