"""The text inside attachments is found, by a job in the background that a kill only delays."""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from mailclient.app import App, open_scratch
from mailclient.cancel import CancelToken
from mailclient.errors import Cancelled
from mailclient.message import file_text
from mailclient.services import indexing
from mailclient.services.jobs import Job
from mailclient.store import indexing as store_indexing
from mailclient.store.folders import Role

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    opened = open_scratch(tmp_path / "profile", offline=True)
    yield opened
    opened.close()


def packed(members: dict[str, str | bytes]) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def docx(text: str) -> bytes:
    document = f'<w:document xmlns:w="{WORD}"><w:body>{text}</w:body></w:document>'
    return packed({"[Content_Types].xml": "<Types/>", "word/document.xml": document})


def letter(name: str, kind: str, data: bytes, text: str = "See the file.") -> bytes:
    code = base64.encodebytes(data).decode()
    return (
        "From: ann@example.org\nSubject: A file\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="=_x"\n\n'
        f"--=_x\nContent-Type: text/plain\n\n{text}\n"
        f'--=_x\nContent-Type: {kind}; name="{name}"\nContent-Transfer-Encoding: base64\n'
        f'Content-Disposition: attachment; filename="{name}"\n\n{code}\n--=_x--\n'
    ).encode()


def put(app: App, raw: bytes) -> int:
    account = app.accounts.local()
    folder = app._store.folders.by_role(account.id, Role.INBOX)
    return app._store.messages.store_raw(
        account.id, folder.id, raw, unread=True, received=datetime(2026, 1, 1, tzinfo=UTC)
    )


def taken_in(app: App, *raws: bytes) -> list[int]:
    ids = [put(app, raw) for raw in raws]
    app.intake.run(Job(0))
    app.indexing.run(Job(0))
    return ids


def found(app: App, query: str) -> list[int]:
    return app.search.find(query).ids.tolist()


PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents 4 0 R"
    b"/Resources<</Font<</F 5 0 R>>>>>>endobj\n"
    b"4 0 obj<</Length 44>>stream\nBT /F 12 Tf 10 50 Td (Lanterns afloat) Tj ET \n"
    b"endstream endobj\n"
    b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
    b"trailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"
)


@pytest.mark.parametrize(
    ("name", "kind", "data"),
    [
        ("notes.txt", "text/plain", b"Lanterns afloat"),
        ("list.csv", "application/octet-stream", b"a;b\nlanterns;afloat\n"),
        ("page.html", "text/html", b"<p>Lanterns <b>afloat</b></p><script>no</script>"),
        ("letter.eml", "message/rfc822", b"Subject: Lanterns\n\nThey are afloat.\n"),
        (
            "plan.docx",
            OFFICE,
            docx("<w:p><w:r><w:t>Lant</w:t></w:r><w:r><w:t>erns afloat</w:t></w:r></w:p>"),
        ),
        (
            "table.xlsx",
            "application/octet-stream",
            packed({"xl/sharedStrings.xml": "<sst><si><t>Lanterns</t></si><si>"
                    "<r><t>aflo</t></r><r><t>at</t></r></si></sst>",
                    "xl/worksheets/sheet1.xml": '<s><c t="s"><v>7</v></c></s>'}),
        ),
        (
            "talk.pptx",
            "application/octet-stream",
            packed({"ppt/slides/slide1.xml": "<a><p><t>Lanterns</t></p></a>",
                    "ppt/slides/slide2.xml": "<a><p><t>afloat</t></p></a>"}),
        ),
        (
            "text.odt",
            "application/vnd.oasis.opendocument.text",
            packed({"content.xml": "<d><p>Lan<span>terns</span> afloat<s/></p></d>"}),
        ),
    ],
)  # fmt: skip
def test_the_text_inside_a_file_is_found(app: App, name: str, kind: str, data: bytes) -> None:
    [id] = taken_in(app, letter(name, kind, data))
    assert found(app, "lanterns afloat") == [id]
    assert found(app, "attachment:lanterns see") == [id]
    assert found(app, "filename:lanterns") == []
    assert found(app, "body:lanterns") == []
    assert [one.name for one in app._store.queue.files(id)] == [name]


def test_the_text_inside_a_pdf_is_found(app: App) -> None:
    pytest.importorskip("pypdf", reason="reading PDF is an extra")
    [id] = taken_in(app, letter("river.pdf", "application/pdf", PDF))
    assert found(app, "lanterns afloat") == [id]


@pytest.mark.parametrize(
    ("name", "kind", "data"),
    [
        ("river.pdf", "application/pdf", b"%PDF-1.4 broken"),
        ("river.pdf", "application/pdf", b"no PDF at all"),
        ("plan.docx", OFFICE, b"PK\x03\x04 broken"),
        ("plan.docx", OFFICE, docx("<not closed>")),
        (
            "plan.docx",
            OFFICE,
            packed({"word/document.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}),
        ),
        ("plan.docx", OFFICE, packed({"word/other.xml": "<a>lanterns</a>"})),
    ],
)
def test_a_broken_file_keeps_nothing_else_out(app: App, name: str, kind: str, data: bytes) -> None:
    ids = taken_in(app, letter(name, kind, data), letter("b.txt", "text/plain", b"lanterns"))
    assert found(app, "lanterns") == [ids[1]]
    assert found(app, "see the file") == sorted(ids, reverse=True)
    assert app._store.queue.left() == 0


def test_a_file_that_unpacks_to_very_much_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_text, "MOST_UNPACKED", 100_000)
    bomb = docx("<p>" + "\n" * 1_000_000 + "</p>")
    assert len(bomb) < 5_000
    with pytest.raises(ValueError, match="unpacks"):
        file_text.packed_text(bomb)


def test_a_pdf_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "PDF_SECONDS", 0)
    assert indexing.pdf_text(PDF, CancelToken()) == ""


def test_a_job_that_is_stopped_goes_on_where_it_was(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        put(app, letter(f"{number}.txt", "text/plain", b"lanterns"))
    app.intake.run(Job(0))
    assert found(app, "lanterns") == []
    monkeypatch.setattr(indexing, "AT_ONCE", 2)
    job = Job(0, _report=lambda id, done, total, note: job.cancel.cancel())
    with pytest.raises(Cancelled):
        app.indexing.run(job)
    assert len(found(app, "lanterns")) == 2
    assert app._store.queue.left() == 3
    assert app.indexing.run(Job(0)) == 3
    assert len(found(app, "lanterns")) == 5


def test_the_index_is_made_again_while_it_is_asked(app: App) -> None:
    ids = taken_in(
        app, letter("a.txt", "text/plain", b"lanterns"), b"Subject: Rent\n\nBoathouse.\n"
    )
    app._store.database.run("DELETE FROM words WHERE rowid = ?", (ids[1],))
    assert found(app, "boathouse") == []
    assert app.indexing.begin_anew() == 2
    assert found(app, "lanterns") == [ids[0]]
    assert app.indexing.run(Job(0)) == 2
    assert found(app, "boathouse") == [ids[1]]
    assert found(app, "subject:rent") == [ids[1]]
    assert found(app, "lanterns") == [ids[0]]


def test_many_small_commits_end_in_an_index_of_few_pieces(app: App) -> None:
    for number in range(60):
        taken_in(app, f"Subject: {number}\n\nLetter {number} of many.\n".encode())
    assert app._store.queue.tidy() is False
    assert len(found(app, "many")) == 60
    with app._store.database.write() as connection:
        connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")


@pytest.mark.parametrize("in_one_piece", [True, False])
def test_what_was_deleted_leaves_the_index_in_the_end(
    app: App, monkeypatch: pytest.MonkeyPatch, in_one_piece: bool
) -> None:
    letters = [f"Subject: {number}\n\nLetter {number} of many.\n".encode() for number in range(90)]
    ids = [id for at in range(0, 90, 15) for id in taken_in(app, *letters[at : at + 15])]
    if in_one_piece:
        app._store.search.purge()
    queue = app._store.queue
    app._store.messages.delete(ids[:30])
    assert queue._gone() > 0
    assert queue.tidy() is False  # too few to be worth a look
    monkeypatch.setattr(store_indexing, "FEW_GONE", 0)
    app.indexing.run(Job(0))
    assert (queue._gone(), queue._pieces()) == (0, 1)
    assert found(app, "many") == sorted(ids[30:], reverse=True)
    with app._store.database.write() as connection:
        connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
