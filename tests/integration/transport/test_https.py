"""Documents from strangers over HTTPS: what is large, endless, elsewhere or inside is refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from mailclient.cancel import CancelToken
from mailclient.errors import (
    BadInput,
    Cancelled,
    CertificateRejected,
    MailError,
    NotFound,
    Unreachable,
)
from mailclient.transport.https import MOST_REDIRECTS, Document, document
from tests.integration.transport.conftest import Papers
from tests.servers.scripted import Conversation, scripted
from tests.servers.web import Web, endless, redirect, web_running
from tests.servers.web import document as page

LIMIT = 1000


@pytest.fixture
def web(papers: Papers) -> Iterator[Web]:
    answers = {
        "/good": page(b"<x/>"),
        "/full": page(b"x" * LIMIT),
        "/over": page(b"x" * (LIMIT + 1)),
        "/endless": endless,
        "/round": redirect("/round"),
        "/relative": redirect("good"),
        "/to-http": redirect("http://localhost/good"),
        "/to-file": redirect("file:///etc/passwd"),
        "/to-nothing": redirect(""),
        "/to-break": redirect("https://localhost/a b"),
    }
    answers |= {f"/steps-{left}": redirect(f"/steps-{left - 1}") for left in range(1, 9)}
    answers["/steps-0"] = page(b"arrived")
    with web_running(papers.context, answers, slow="/slow") as running:
        yield running


def get(
    web: Web, path: str, papers: Papers, *, private: bool = True, cancel: CancelToken | None = None
) -> Document:
    return document(
        web.url(path), cancel or CancelToken(), limit=LIMIT, private=private, ca_file=papers.ca_file
    )


def test_a_document_comes_as_it_is(web: Web, papers: Papers) -> None:
    assert get(web, "/good", papers) == Document(b"<x/>", "text/xml", "localhost")
    assert len(get(web, "/full", papers).data) == LIMIT


@pytest.mark.parametrize(
    ("path", "kind", "words"),
    [
        ("/over", BadInput, "too large"),
        ("/endless", BadInput, "too large"),
        ("/round", BadInput, "from one place to the next"),
        ("/to-http", BadInput, "Only https"),
        ("/to-file", BadInput, "Only https"),
        ("/to-break", BadInput, "Only https"),
        ("/to-nothing", BadInput, "from one place to the next"),
        ("/missing", NotFound, "nothing there"),
    ],
)
def test_what_is_not_a_small_document_over_https_is_refused(
    path: str, kind: type[MailError], words: str, web: Web, papers: Papers
) -> None:
    with pytest.raises(kind, match=words):
        get(web, path, papers)


def test_a_few_redirects_are_followed(web: Web, papers: Papers) -> None:
    assert get(web, "/relative", papers).data == b"<x/>"
    assert get(web, f"/steps-{MOST_REDIRECTS}", papers).data == b"arrived"
    with pytest.raises(BadInput, match="from one place to the next"):
        get(web, f"/steps-{MOST_REDIRECTS + 1}", papers)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "ftp://localhost/",
        "https:///x",
        "https://localhost:0/",
        "https://localhost:99999/",
        "https://[::1/",
    ],
)
def test_only_https_is_asked_for(url: str) -> None:
    with pytest.raises(BadInput, match="Only https"):
        document(url, CancelToken(), limit=LIMIT, private=True)


def test_what_proves_itself_comes_over_http_too(web: Web, papers: Papers) -> None:
    answers = {
        "/list": page(b"a list"),
        "/on": redirect(web.url("/good")),
        "/over": page(b"x" * (LIMIT + 1)),
        "/file": redirect("file:///etc/passwd"),
    }

    def get_plain(path: str, *, private: bool = True) -> Document:
        return document(
            plain.url(path),
            CancelToken(),
            limit=LIMIT,
            private=private,
            ca_file=papers.ca_file,
            plain=True,
        )

    with web_running(None, answers) as plain:
        assert get_plain("/list").data == b"a list"
        assert get_plain("/on").data == b"<x/>"
        with pytest.raises(BadInput, match="too large"):
            get_plain("/over")
        with pytest.raises(BadInput, match="Only https"):
            get_plain("/file")
        with pytest.raises(BadInput, match="private network"):
            get_plain("/list", private=False)
        assert plain.asked == ["/list", "/on", "/over", "/file"]
        with pytest.raises(BadInput, match="Only https"):
            document(plain.url("/list"), CancelToken(), limit=LIMIT, private=True)


def test_waiting_for_a_list_ends_when_the_job_is_to_stop() -> None:
    cancel = CancelToken()
    told: list[MailError] = []

    def ask() -> None:
        try:
            document(web.url("/slow"), cancel, limit=LIMIT, private=True, plain=True)
        except MailError as problem:
            told.append(problem)

    with web_running(None, {}, slow="/slow") as web:
        asking = threading.Thread(target=ask)
        asking.start()
        while not web.asked:
            asking.join(0.01)
        cancel.cancel()
        asking.join()
    assert [type(one) for one in told] == [Cancelled]


def test_a_server_without_a_good_certificate_is_asked_nothing(papers: Papers) -> None:
    with web_running(papers.elsewhere, {"/": page(b"x")}) as web:
        with pytest.raises(CertificateRejected, match="another server"):
            get(web, "/", papers)
        assert web.asked == []


def test_an_unknown_authority_is_refused(web: Web) -> None:
    with pytest.raises(CertificateRejected, match="does not know"):
        document(web.url("/good"), CancelToken(), limit=LIMIT, private=True)
    assert web.asked == []


def test_nothing_inside_a_private_network_is_spoken_to(web: Web, papers: Papers) -> None:
    with pytest.raises(BadInput, match="private network"):
        get(web, "/good", papers, private=False)
    assert web.asked == []


def test_nobody_listens(papers: Papers) -> None:
    with web_running(papers.context, {}) as web:
        pass
    with pytest.raises(Unreachable, match="does not answer"):
        get(web, "/good", papers)


def test_waiting_ends_when_the_job_is_to_stop(web: Web, papers: Papers) -> None:
    cancel = CancelToken()
    told: list[MailError] = []

    def ask() -> None:
        try:
            get(web, "/slow", papers, cancel=cancel)
        except MailError as problem:
            told.append(problem)

    thread = threading.Thread(target=ask)
    thread.start()
    while not web.asked:
        cancel.wait(0.01)
    cancel.cancel()
    thread.join()
    assert [type(one) for one in told] == [Cancelled]


@pytest.mark.parametrize(
    "said",
    [b"", b"220 mail.example.org ESMTP\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
     b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"],
    ids=["nothing", "mail", "many-fields", "long-field", "negative"],
)  # fmt: skip
def test_a_server_that_does_not_speak_http_is_given_up(said: bytes, papers: Papers) -> None:
    def script(server: Conversation) -> None:
        server.encrypt(papers.context)
        server.hear(b"GET")
        server.say(said)
        server.close()

    with ExitStack() as stack:
        running = stack.enter_context(scripted(script))
        try:
            got = document(
                f"https://localhost:{running.port}/", CancelToken(), limit=LIMIT, private=True,
                ca_file=papers.ca_file,
            )  # fmt: skip
        except Unreachable:
            return
        assert got.data == b""
