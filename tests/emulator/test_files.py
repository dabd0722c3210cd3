"""Files: kept safely, served as what they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from poecli.emulator.state.files import FileStore, FileTooLarge, safe_name, stored_type, text_for
from poecli.protocol import limits
from poecli.protocol.settings import SettingsResponse, effective
from tests.emulator.asking import NO_TLS
from tests.emulator.serving import KEY, LocalPoe, local_poe

NAMES = [
    ("a.txt", "a.txt"),
    ("../../etc/passwd", "passwd"),
    ("C:\\Users\\me\\a.txt", "a.txt"),
    ("a\x00b\n.txt", "a_b_.txt"),
    ("..", "file"),
    ("", "file"),
    (".meta.json", "meta.json"),
    ("CON.txt", "_CON.txt"),
    ("été 2026.pdf", "été 2026.pdf"),
    ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ("y" * 300, "y" * 120),
]


@pytest.mark.parametrize(("name", "safe"), NAMES, ids=[repr(row[1][:20]) for row in NAMES])
def test_a_name_is_made_safe(name: str, safe: str) -> None:
    """No folder, no control character, nothing Windows keeps for itself."""
    assert safe_name(name) == safe


TYPES = [
    ("a.pdf", b"", "", "application/pdf"),
    ("a.pdf", b"", "text/x", "application/pdf"),
    ("a", b"%PDF-1.4", "", "application/pdf"),
    ("a", b"x", "model/gltf", "model/gltf"),
    ("a", b"\0", "application/octet-stream", "application/octet-stream"),
]


@pytest.mark.parametrize(("name", "data", "claimed", "kind"), TYPES)
def test_a_type_is_found(name: str, data: bytes, claimed: str, kind: str) -> None:
    """By name, by the first bytes, or by what the sender says."""
    assert stored_type(name, data, claimed) == kind


def test_a_file_that_was_never_finished_is_not_there(tmp_path: Path) -> None:
    """A kill between the bytes and the note about them leaves nothing to find."""
    store = FileStore(tmp_path)
    whole, torn = store.add("a.txt", b"a"), store.add("b.txt", b"b")
    (torn.path.parent / ".meta.json").unlink()

    assert store.find(torn.id) is None
    assert [file.id for file in FileStore(tmp_path)] == [whole.id]
    assert store.find("../secret") is None
    assert store.find_by_url("https://example.com/a.txt") is None


def test_a_file_larger_than_poe_takes_is_refused(tmp_path: Path) -> None:
    """The limit is the protocol's."""
    with pytest.raises(FileTooLarge):
        FileStore(tmp_path).add("a", bytes(limits.FILE_BYTES.value + 1))


async def upload(poe: LocalPoe, name: str, data: bytes) -> httpx.Response:
    async with httpx.AsyncClient(verify=NO_TLS) as client:
        return await client.post(
            f"{poe.uploads}file_upload_3RD_PARTY_POST",
            headers={"Authorization": KEY},
            files={"file": (name, data)},
        )


RANGES: list[tuple[str, dict[str, str], int, bytes]] = [
    ("whole", {}, 200, b"0123456789"),
    ("a part", {"Range": "bytes=2-4"}, 206, b"234"),
    ("the end", {"Range": "bytes=-3"}, 206, b"789"),
    ("beyond", {"Range": "bytes=50-"}, 416, b""),
]


@pytest.mark.parametrize(
    ("headers", "status", "body"), [row[1:] for row in RANGES], ids=[row[0] for row in RANGES]
)
async def test_a_file_is_served_whole_or_in_part(
    headers: dict[str, str], status: int, body: bytes, tmp_path: Path
) -> None:
    """With its type and its name, and no right to act as a page of the dev server."""
    async with local_poe(tmp_path) as poe, httpx.AsyncClient(verify=NO_TLS) as client:
        url = (await upload(poe, "a b.html", b"0123456789")).json()["attachment_url"]
        answer = await client.get(url, headers=headers)

    assert (answer.status_code, answer.content) == (status, body)
    assert answer.headers["content-type"] == "text/html"
    assert "a%20b.html" in answer.headers["content-disposition"]
    assert answer.headers["content-security-policy"] == "sandbox"


async def test_a_file_outlives_the_process(tmp_path: Path) -> None:
    """The next start serves what the last one kept."""
    async with local_poe(tmp_path) as poe:
        url = (await upload(poe, "a.txt", b"kept")).json()["attachment_url"]
    async with local_poe(tmp_path) as poe, httpx.AsyncClient(verify=NO_TLS) as client:
        answer = await client.get(poe.url + httpx.URL(url).path)

    assert answer.content == b"kept"


BAD_UPLOADS: list[tuple[str, dict[str, Any], int]] = [
    ("no key", {"files": {"file": b"x"}}, 401),
    ("no form", {"headers": {"Authorization": KEY}, "json": {}}, 400),
    ("neither file nor URL", {"headers": {"Authorization": KEY}, "files": {"x": (None, "y")}}, 400),
    (
        "a URL of a file",
        {"headers": {"Authorization": KEY}, "data": {"download_url": "file:///etc/passwd"}},
        400,
    ),
    (
        "nobody at the URL",
        {"headers": {"Authorization": KEY}, "data": {"download_url": "http://127.0.0.1:1/a"}},
        400,
    ),
    (
        "an unknown fault",
        {"headers": {"Authorization": KEY, "X-Poe-Fault": "x"}, "files": {"file": b"x"}},
        400,
    ),
    (
        "too large",
        {"headers": {"Authorization": KEY}, "files": {"file": bytes(limits.FILE_BYTES.value + 1)}},
        413,
    ),
]


async def test_the_uploads_of_an_older_sdk_are_kept_too(tmp_path: Path) -> None:
    """Up to fastapi_poe 0.0.56 another path took the file and told the name for the text."""
    async with local_poe(tmp_path) as poe, httpx.AsyncClient(verify=NO_TLS) as client:
        answer = await client.post(
            f"{poe.uploads}file_attachment_3RD_PARTY_POST",
            headers={"Authorization": KEY},
            data={"message_id": "m-1", "is_inline": "true"},
            files={"file": ("a.txt", b"kept")},
        )
        kept = await client.get(answer.json()["attachment_url"])

    assert kept.content == b"kept"
    assert answer.json()["inline_ref"] in answer.json()["attachment_url"]


@pytest.mark.parametrize(
    ("request_", "status"), [row[1:] for row in BAD_UPLOADS], ids=[row[0] for row in BAD_UPLOADS]
)
async def test_a_bad_upload_is_refused(
    request_: dict[str, Any], status: int, tmp_path: Path
) -> None:
    """With a status, and words that say why."""
    async with local_poe(tmp_path) as poe, httpx.AsyncClient(verify=NO_TLS) as client:
        answer = await client.post(f"{poe.uploads}file_upload_3RD_PARTY_POST", **request_)

    assert answer.status_code == status
    assert answer.text
    assert not list((tmp_path / ".poe").glob("files/*"))


async def test_a_file_that_is_not_there_is_a_404(tmp_path: Path) -> None:
    """As for any server."""
    async with local_poe(tmp_path) as poe, httpx.AsyncClient(verify=NO_TLS) as client:
        answer = await client.get(f"{poe.url}/_poe/files/{'0' * 32}/a.txt")

    assert answer.status_code == 404


def pdf() -> bytes:
    """A page with two words, by the least that the format asks for."""
    font = b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
    words = b"BT/F 12 Tf(Twelve pages)Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources%s>>" % font,
        b"<</Length %d>>stream\n%s\nendstream" % (len(words), words),
    ]
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj%s endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 5\n0000000000 65535 f \n"
    tail = b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(data)
    return data + head + table + tail


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02"
ON = SettingsResponse(response_version=2, enable_image_comprehension=True)
OFF = SettingsResponse(response_version=2, expand_text_attachments=False)
TEXTS: list[tuple[str, str, bytes, SettingsResponse, str | None]] = [
    ("text", "a.txt", b"hi", ON, "hi"),
    ("text, not wanted", "a.txt", b"hi", OFF, None),
    ("image", "a.png", PNG, ON, "a.png***A PNG image of 3 x 2 pixels. The file is a.png."),
    ("image, not wanted", "a.png", PNG, OFF, None),
    ("PDF", "a.pdf", pdf(), ON, "Twelve pages"),
    ("broken PDF", "a.pdf", b"%PDF-", ON, None),
    ("no text", "a.zip", b"PK", ON, None),
]


@pytest.mark.parametrize(
    ("name", "data", "settings", "text"), [row[1:] for row in TEXTS], ids=[row[0] for row in TEXTS]
)
def test_files_are_read_as_the_settings_ask(
    name: str, data: bytes, settings: SettingsResponse, text: str | None, tmp_path: Path
) -> None:
    """Text, images and PDF; nothing for a bot that does not ask."""
    file = FileStore(tmp_path).add(name, data)

    assert text_for(file, effective(settings)) == text


BOUNDARY = "multipart/form-data; boundary="
PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'
REST = b"\r\n\r\nx\r\n--b--\r\n"
FORM = "application/x-www-form-urlencoded"
ODD_UPLOADS = [
    ("no boundary", BOUNDARY, b"", 400),
    ("an endless boundary", BOUNDARY + "b" * 500, b"--b\r\n\r\n", 400),
    ("no part", BOUNDARY + "b", b"--b--\r\n", 400),
    ("no end", BOUNDARY + "b", PART + b"\r\nwords", 200),
    ("another boundary", BOUNDARY + "b", b"--c\r\n\r\nx\r\n--c--\r\n", 400),
    ("a header without a colon", BOUNDARY + "b", PART + b"Nonsense" + REST, 400),
    ("an encoding", BOUNDARY + "b", PART + b"Content-Transfer-Encoding: rot13" + REST, 200),
    ("a length", BOUNDARY + "b", PART + b"Content-Length: many" + REST, 200),
    ("a charset", f"{FORM}; charset=klingon", b"download_url=x", 400),
    ("half a URL", FORM, b"download_url=http://[", 400),
    ("no scheme", FORM, b"download_url=//h/", 400),
    ("bytes", FORM, b"download_url=\xff\xfe", 400),
]


@pytest.mark.parametrize(
    ("kind", "body", "status"), [o[1:] for o in ODD_UPLOADS], ids=[o[0] for o in ODD_UPLOADS]
)
async def test_an_odd_upload_is_the_senders_fault(
    tmp_path: Path, kind: str, body: bytes, status: int
) -> None:
    """What can be made out is kept; the rest is a bad request, never a failure of ours."""
    async with local_poe(tmp_path) as poe, httpx.AsyncClient(verify=NO_TLS) as client:
        answer = await client.post(
            f"{poe.uploads}file_upload_3RD_PARTY_POST",
            content=body,
            headers={"Authorization": KEY, "Content-Type": kind},
        )
    assert answer.status_code == status


@pytest.mark.parametrize(
    "name", ["\u6771" * 110 + ".txt", "\u6771" * 300, "a." + "b" * 300, "\ud83d.txt"]
)
async def test_a_name_of_any_length_and_script_is_kept(tmp_path: Path, name: str) -> None:
    """File systems count bytes: what is too long is cut, its ending stays."""
    store = FileStore(tmp_path)
    kept = store.find(store.add(name, b"x").id)
    assert kept is not None
    assert kept.path.read_bytes() == b"x"
    assert len(kept.name.encode()) <= 255
