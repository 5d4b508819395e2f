"""Servers guessed by their usual names, and asked what they are.

Only encrypted connections count, and only certificates that verify for the guessed name. What is
said is the agreement on TLS and CAPA or EHLO: no user name, no password.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from mailclient.account import Authentication, Server
from mailclient.cancel import CancelToken
from mailclient.errors import MailError, NotFound, Unreachable
from mailclient.transport import pop3_login, smtp
from mailclient.transport.dial import Address, Resolve
from mailclient.transport.discover.places import Guess, Places, domain_of
from mailclient.transport.discover.race import race
from mailclient.transport.discover.values import Found, Source
from mailclient.transport.reach import host_name, resolver
from mailclient.transport.wire import SET_UP, connected

_TOKENS = {"XOAUTH2", "OAUTHBEARER"}


def probe(address: str, places: Places, cancel: CancelToken) -> Found:
    """The best incoming and the best outgoing server that answer; raises NotFound, Unreachable,
    CertificateRejected, BadInput, Cancelled."""
    guesses = places.guesses(domain_of(address))
    answers: dict[int, Server | MailError] = {}
    for at, answer in race(
        [partial(_look, guess, address, places) for guess in guesses], places.seconds, cancel
    ):
        answers[at] = answer
        if all(_settled(guesses, answers, incoming=way) for way in (True, False)):
            break
    incoming = _best(guesses, answers, incoming=True)
    outgoing = _best(guesses, answers, incoming=False)
    if incoming is not None and outgoing is not None:
        return Found(incoming, outgoing, Source.PROBE, incoming.host)
    raise _why(guesses, answers)


def _look(guess: Guess, address: str, places: Places, cancel: CancelToken) -> Server:
    """The server behind a guess."""
    host = host_name(guess.host, private=places.private)
    server = Server(
        host, guess.port, guess.security, username=address.strip(), ca_file=places.ca_file
    )
    with connected(server, cancel, resolve=_existing(places)) as wire, wire.within(SET_UP):
        ways = pop3_login.look(wire) if guess.incoming else smtp.look(wire)
    if ways and ways <= _TOKENS:
        return replace(server, authentication=Authentication.OAUTH2)
    return server


def _existing(places: Places) -> Resolve:
    """Looks names up; raises NotFound for one that is not there."""
    look_up = resolver(private=places.private)

    def existing(host: str, port: int) -> Sequence[Address]:
        try:
            return look_up(host, port)
        except OSError as nothing:
            raise NotFound(f"There is no {host}.") from nothing

    return existing


def _best(
    guesses: tuple[Guess, ...], answers: dict[int, Server | MailError], *, incoming: bool
) -> Server | None:
    for at, guess in enumerate(guesses):
        answer = answers.get(at)
        if guess.incoming is incoming and isinstance(answer, Server):
            return answer
    return None


def _settled(
    guesses: tuple[Guess, ...], answers: dict[int, Server | MailError], *, incoming: bool
) -> bool:
    """Whether no answer that may still come would be preferred."""
    for at, guess in enumerate(guesses):
        if guess.incoming is incoming:
            if at not in answers:
                return False
            if isinstance(answers[at], Server):
                return True
    return False


def _why(guesses: tuple[Guess, ...], answers: dict[int, Server | MailError]) -> MailError:
    """What is told when the guesses do not make a pair."""
    faults = [one for one in answers.values() if isinstance(one, MailError)]
    telling = [one for one in faults if not isinstance(one, NotFound | Unreachable)]
    if telling:
        return telling[0]
    if any(isinstance(one, Server) for one in answers.values()):
        return NotFound("Only one of the two servers was found.")
    if len(answers) < len(guesses) or any(isinstance(one, Unreachable) for one in faults):
        return Unreachable("No server with a usual name answers.")
    return NotFound("There is no server with a usual name.")
