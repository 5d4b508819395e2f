"""Discovery itself: every source is asked at the same time, and one answer is chosen.

The table asks nobody, so it comes first and ends the search if it knows the domain. Nobody outside
learns more of an address than its domain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import urlsplit

from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, MailError, NotFound, Unreachable
from mailclient.transport.discover import autoconfig, guess, names
from mailclient.transport.discover.places import Places, domain_of
from mailclient.transport.discover.providers import Table, table_of
from mailclient.transport.discover.race import Question, race
from mailclient.transport.discover.values import Found, Outcome, Report, Source, Tried
from mailclient.transport.reach import host_name

Answers = Mapping[Source, Found | MailError]
_NOT_NEEDED = "The list of providers knows the address."
_OFFLINE = "The program was started without network."
_OFF = "It is switched off."


def search(
    address: str,
    places: Places,
    cancel: CancelToken,
    *,
    offline: bool = False,
    told: Callable[[Tried], None] = lambda tried: None,
) -> Report:
    """Find the servers of an address; `told` hears of each source as it is asked and answers.

    Raises BadInput for what is no address or a source that is set up wrongly, and Cancelled.
    """
    local, _, domain = address.strip().rpartition("@")
    if not local or not domain:
        raise BadInput(f"'{address}' is not an e-mail address.", "It looks like ann@example.org.")
    table = table_of(places.table_file)
    known = table.lookup(address)
    tried = {Source.TABLE: Tried(Source.TABLE, Outcome.FOUND if known else Outcome.NOT_FOUND)}
    told(tried[Source.TABLE])
    reason = _why_not(domain, places, known=known is not None, offline=offline)
    if reason:
        for source in list(Source)[1:]:
            tried[source] = Tried(source, Outcome.NOT_ASKED, reason=reason)
        return Report(address, known, tuple(tried.values()))
    answers = _ask(_questions(address, table, places), places, cancel, tried, told)
    return Report(address, choose(answers), tuple(tried[source] for source in Source))


def _why_not(domain: str, places: Places, *, known: bool, offline: bool) -> str:
    """Why nobody is asked; "" where somebody is."""
    if known or offline:
        return _NOT_NEEDED if known else _OFFLINE
    try:
        host_name(domain, private=places.private)
    except BadInput as problem:
        return problem.text
    return ""


def _ask(
    questions: Mapping[Source, Question[Found]],
    places: Places,
    cancel: CancelToken,
    tried: dict[Source, Tried],
    told: Callable[[Tried], None],
) -> dict[Source, Found | MailError]:
    """Put all questions; `tried` gets what came of each source."""

    def note(source: Source, outcome: Outcome, place: str, reason: str = "") -> None:
        tried[source] = Tried(source, outcome, place, reason)
        told(tried[source])

    for source in list(Source)[1:]:
        if source in questions:
            note(source, Outcome.ASKING, place_of(source, places))
        else:
            note(source, Outcome.NOT_ASKED, "", _OFF)
    answers: dict[Source, Found | MailError] = {}
    order = list(questions)
    for at, answer in race(list(questions.values()), places.seconds, cancel):
        answers[order[at]] = answer
        place = answer.place if isinstance(answer, Found) else place_of(order[at], places)
        note(order[at], outcome_of(answer), place, _reason(answer))
        if settled(order, answers):
            break
    for source in order:
        if source not in answers:
            outcome = Outcome.NOT_AWAITED if settled(order, answers) else Outcome.SILENT
            note(source, outcome, place_of(source, places))
    return answers


def _questions(address: str, table: Table, places: Places) -> dict[Source, Question[Found]]:
    domain = domain_of(address)
    questions: dict[Source, Question[Found]] = {}
    for source, template in (
        (Source.AUTOCONFIG, places.autoconfig),
        (Source.WELL_KNOWN, places.well_known),
        (Source.DATABASE, places.database),
    ):
        if template:
            url = template.replace("{domain}", domain)
            questions[source] = partial(autoconfig.ask, url, address, source, places)
    if places.dns:
        questions[Source.SRV] = partial(names.srv, address, places)
        questions[Source.MX] = partial(names.mx, address, table, places)
    if places.guess:
        questions[Source.PROBE] = partial(guess.probe, address, places)
    return questions


def place_of(source: Source, places: Places) -> str:
    """Who is asked, for the user: a host name with `{domain}` in it as it is set."""
    match source:
        case Source.AUTOCONFIG:
            return urlsplit(places.autoconfig).netloc
        case Source.WELL_KNOWN:
            return urlsplit(places.well_known).netloc
        case Source.DATABASE:
            return urlsplit(places.database).netloc
        case _:
            return ""


def safety(found: Found) -> int:
    """How safe an answer is to take; less is safer.

    Encrypted and proved; then encrypted, but from DNS that anybody on the way could have written;
    last, what would show the password.
    """
    if not found.encrypted:
        return 2
    return 1 if found.foreign else 0


def choose(answers: Answers) -> Found | None:
    """The safest complete answer; among equals the one of the first source."""
    found = [one for one in answers.values() if isinstance(one, Found)]
    return min(found, key=lambda one: (safety(one), one.source.rank), default=None)


def settled(order: list[Source], answers: Answers) -> bool:
    """Whether no answer that may still come would be chosen."""
    best = choose(answers)
    if best is None or safety(best) > 0:
        return False
    return all(source in answers for source in order if source.rank < best.source.rank)


def outcome_of(answer: Found | MailError) -> Outcome:
    """The word for what a source has said."""
    if isinstance(answer, Found):
        return Outcome.FOUND
    if isinstance(answer, NotFound):
        return Outcome.NOT_FOUND
    return Outcome.SILENT if isinstance(answer, Unreachable) else Outcome.REFUSED


def _reason(answer: Found | MailError) -> str:
    if isinstance(answer, MailError):
        return answer.text
    if not answer.encrypted:
        return "It offers only connections without encryption."
    if answer.foreign:
        return "It names servers outside of the domain, and nobody has signed that."
    return ""
