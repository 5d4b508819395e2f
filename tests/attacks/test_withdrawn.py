"""S/MIME: a certificate that its authority has withdrawn seals nothing any more, and whoever puts
another list in the way of the true one neither withdraws a sound one nor brings one back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ObjectIdentifier

from mailclient.cancel import CancelToken
from mailclient.crypto.api import Host
from mailclient.crypto.smime.lists import MOST_PLACES, SKEW
from mailclient.crypto.smime.plugin import SMime
from mailclient.crypto.smime.ring import SETTING
from mailclient.errors import BadInput, KeyMissing, MailError, NotFound, StoreLocked, Unreachable
from mailclient.message.facts import Opened, SignatureFact, SignatureStatus
from mailclient.message.layers import find_layer
from mailclient.message.tree import parse
from tests.attacks.certificates import Holder, Pen, Wish, made, p7s, signed_data
from tests.attacks.conftest import TEXT

SUE = "sue@example.org"
ROOT_LIST, LIST = "http://lists.example.org/root.crl", "http://lists.example.org/people.crl"
HOLD = x509.ReasonFlags.certificate_hold
DAY = timedelta(days=1)
SAID = "does not name the one that signed it"
NOT_ASKED = "Whether the certificate was withdrawn since has not been asked."


def at(*places: str) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    """The extension that says where the list of an authority is."""
    names = [x509.UniformResourceIdentifier(one) for one in places]
    points = [x509.DistributionPoint(names, None, None, None)]
    return ((x509.CRLDistributionPoints(points), False),)


@dataclass(frozen=True, slots=True)
class Lines:
    """A list of withdrawn certificates; what is left out is honest."""

    by: Holder
    withdrawn: tuple[Holder, ...] = ()
    reason: x509.ReasonFlags | None = None
    made: timedelta = -DAY  # from now
    until: timedelta = DAY
    named: x509.Name | None = None
    more: tuple[tuple[x509.ExtensionType, bool], ...] = ()

    @property
    def builder(self) -> x509.CertificateRevocationListBuilder:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.named or self.by.certificate.subject)
            .last_update(now + self.made)
            .next_update(now + self.until)
        )
        for one in self.withdrawn:
            entry = (
                x509.RevokedCertificateBuilder()
                .serial_number(one.certificate.serial_number)
                .revocation_date(datetime(2026, 3, 4, tzinfo=UTC))
            )
            if self.reason is not None:
                entry = entry.add_extension(x509.CRLReason(self.reason), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        for extension, critical in self.more:
            builder = builder.add_extension(extension, critical=critical)
        return builder

    @property
    def der(self) -> bytes:
        return self.builder.sign(self.by.key, hashes.SHA256()).public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.builder.sign(self.by.key, hashes.SHA256()).public_bytes(Encoding.PEM)


class World:
    """A plug-in that trusts one authority, and a web that has lists."""

    def __init__(self, folder: Path) -> None:
        self.root = made(Wish("Root", authority=True))
        self.between = made(Wish("People", authority=True, more=at(ROOT_LIST)), self.root)
        self.sue = made(Wish("Sue", (SUE,), more=at(LIST)), self.between)
        self.lists: dict[str, bytes | MailError] = {
            ROOT_LIST: Lines(self.root).der,
            LIST: Lines(self.between).der,
        }
        self.asked: list[str] = []
        self.vault: dict[str, bytes] = {}
        self.folder = folder
        self.plugin = self.again()
        self.plugin.keys.import_keys(self.root.pem)

    def again(self) -> SMime:
        """The plug-in as the next start of the program has it."""
        return SMime(
            Host(
                self.folder, self.fetch, lambda what: None,
                environment={SETTING: ""}, vault=self.vault,
            )
        )  # fmt: skip

    def fetch(
        self, url: str, cancel: CancelToken, *, json: bytes = b"", proves_itself: bool = False
    ) -> bytes:
        assert proves_itself
        self.asked.append(url)
        found = self.lists.get(url, NotFound("There is nothing."))
        if isinstance(found, MailError):
            raise found
        return found

    def opened(self, by: Holder | None = None) -> Opened:
        """What the plug-in says of a letter of Sue's, by her certificate or another one."""
        pen = Pen(by or self.sue)
        cms = signed_data(TEXT, pen, more=(self.between,), detached=True)
        layer = find_layer(parse(p7s(TEXT, cms)))
        assert layer is not None
        return self.plugin.open(layer, CancelToken())

    def fact(self, by: Holder | None = None) -> SignatureFact:
        [fact] = self.opened(by).signatures
        return fact

    def meets(self, who: Holder | None = None) -> None:
        """Somebody's letter comes, and with it their certificate."""
        fact = self.fact(who)
        assert (fact.status, fact.vouched_by) == (SignatureStatus.GOOD, "Root")
        self.plugin.keys.import_keys(fact.key)

    def renew(self) -> bool:
        return self.plugin.renew(SUE, CancelToken())


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


# What is asked


def test_the_lists_of_all_on_the_way_up_are_asked_for_and_only_when_told_to(world: World) -> None:
    assert not world.plugin.renewable(SUE)
    world.meets()
    assert NOT_ASKED in world.opened().reason
    assert world.asked == []
    assert world.plugin.renewable(SUE)
    assert not world.plugin.renewable("somebody@example.org")
    assert not world.renew()
    assert world.asked == [ROOT_LIST, LIST]
    yesterday = datetime.now(UTC) - DAY
    assert world.opened().reason.startswith(
        f"The list of withdrawn certificates of {yesterday:%d %B %Y}"
    )
    assert SAID in world.opened().reason


def test_nobody_is_asked_for_a_certificate_that_no_trusted_authority_vouches_for(
    world: World,
) -> None:
    """A stranger would learn who writes to whom, and when."""
    other = made(Wish("Other root", authority=True))
    for stranger in (
        made(Wish("Sue", (SUE,), more=at("http://spy.example.org/"))),
        made(Wish("Sue", (SUE,), more=at("http://spy.example.org/")), other),
    ):
        world.plugin.keys.import_keys(stranger.pem)
    assert not world.plugin.renewable(SUE)
    assert not world.renew()
    assert world.asked == []


def test_only_a_few_places_of_the_web_are_asked(world: World) -> None:
    elsewhere = ("file:///etc/passwd", "ldap://lists.example.org/", "ftp://lists.example.org/x")
    many = tuple(f"http://lists.example.org/{number}" for number in range(9))
    world.sue = made(Wish("Sue", (SUE,), more=at(*elsewhere, *many)), world.between)
    world.meets()
    with pytest.raises(NotFound):
        world.renew()
    assert world.asked == [ROOT_LIST, *many[:MOST_PLACES]]


def test_the_next_place_is_asked_where_the_first_one_has_nothing_of_use(world: World) -> None:
    places = [f"http://lists.example.org/{number}" for number in range(3)]
    world.sue = made(Wish("Sue", (SUE,), more=at(*places)), world.between)
    world.meets()
    world.lists[places[0]] = Unreachable("no answer")
    world.lists[places[1]] = b"<html>Sign in to the network</html>"
    world.lists[places[2]] = Lines(world.between, (world.sue,)).der
    assert world.renew()
    assert world.fact().status is SignatureStatus.REVOKED_KEY


# What is withdrawn


@pytest.mark.parametrize("form", ["der", "pem"])
def test_a_withdrawn_certificate_seals_nothing_and_is_written_to_no_more(
    form: str, world: World
) -> None:
    world.meets()
    world.lists[LIST] = getattr(Lines(world.between, (world.sue,)), form)
    assert world.renew()
    fact = world.fact()
    assert fact.status is SignatureStatus.REVOKED_KEY
    assert fact.reason.endswith("withdrawn by its authority on 04 March 2026.")
    assert fact.vouched_by == ""
    [info] = [one for one in world.plugin.keys.list() if SUE in one.addresses]
    assert (info.revoked, info.usable) == (True, False)
    with pytest.raises(KeyMissing, match="cannot be used"):
        world.plugin.seal(
            TEXT, sign_with=None, encrypt_to=[world.sue.fingerprint], cancel=CancelToken()
        )
    world.plugin = world.again()
    assert world.fact().status is SignatureStatus.REVOKED_KEY


def test_what_is_withdrawn_for_good_is_not_asked_after_and_comes_back_by_nothing(
    world: World,
) -> None:
    world.meets()
    world.lists[LIST] = Lines(world.between, (world.sue,)).der
    world.renew()
    world.lists[LIST] = Lines(world.between, made=-DAY / 2).der
    world.asked.clear()
    assert not world.renew()
    assert LIST not in world.asked
    assert not world.plugin.renewable(SUE) or world.asked == [ROOT_LIST]
    world.plugin.keys.delete(world.sue.fingerprint)
    world.plugin.keys.import_keys(world.sue.pem)
    assert world.fact().status is SignatureStatus.REVOKED_KEY


def test_one_that_was_on_hold_comes_back_by_a_later_list_alone(world: World) -> None:
    world.meets()
    before = Lines(world.between, made=-2 * DAY).der
    world.lists[LIST] = Lines(world.between, (world.sue,), HOLD).der
    assert world.renew()
    assert world.fact().status is SignatureStatus.REVOKED_KEY
    world.lists[LIST] = before  # still current, kept by somebody on the way
    assert not world.renew()
    assert world.fact().status is SignatureStatus.REVOKED_KEY
    world.lists[LIST] = Lines(world.between, made=-DAY / 2).der
    assert world.renew()
    assert world.fact().status is SignatureStatus.GOOD


def test_under_a_withdrawn_authority_nobody_is_vouched_for(world: World) -> None:
    world.meets()
    world.lists[ROOT_LIST] = Lines(world.root, (world.between,)).der
    assert world.renew()
    fact = world.fact()
    assert (fact.status, fact.vouched_by) == (SignatureStatus.GOOD, "")
    assert not world.plugin.renewable(SUE)


def test_one_of_ones_own_that_was_withdrawn_signs_nothing(world: World) -> None:
    world.plugin.keys.import_keys(world.between.pem + world.sue.pem)
    world.plugin.keys.import_keys(world.sue.p12(None))
    world.lists[LIST] = Lines(world.between, (world.sue,)).der
    assert world.renew()
    with pytest.raises(KeyMissing, match="no certificate of yours that could sign"):
        world.plugin.seal(
            TEXT, sign_with=world.sue.fingerprint, encrypt_to=[], cancel=CancelToken()
        )


# Lists that are none


def part(**how: object) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    """The extension that says what a list is about."""
    said: dict[str, object] = {
        "full_name": None, "relative_name": None, "only_contains_user_certs": False,
        "only_contains_ca_certs": False, "only_some_reasons": None, "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }  # fmt: skip
    return ((x509.IssuingDistributionPoint(**(said | how)), True),)  # type: ignore[arg-type]


def elsewhere(world: World) -> Lines:
    place = x509.UniformResourceIdentifier("http://lists.example.org/part-2.crl")
    return Lines(world.between, (world.sue,), more=part(full_name=[place]))


def odd(world: World) -> Lines:
    unknown = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    return Lines(world.between, (world.sue,), more=((unknown, True),))


def namesake(world: World) -> Lines:
    return Lines(made(Wish("People", authority=True)), (world.sue,))


def by_the_one_above(world: World) -> Lines:
    return Lines(world.root, (world.sue,), named=world.between.certificate.subject)


def by_sue_herself(world: World) -> Lines:
    return Lines(world.sue, (world.sue,), named=world.between.certificate.subject)


def of_the_one_above(world: World) -> Lines:
    return Lines(world.root, (world.sue,))


def difference(world: World) -> Lines:
    return Lines(world.between, (world.sue,), more=((x509.DeltaCRLIndicator(1), True),))


NO_LISTS: dict[str, Callable[[World], Lines]] = {
    "namesake": namesake,
    "by the one above": by_the_one_above,
    "by herself": by_sue_herself,
    "of the one above": of_the_one_above,
    "old": lambda world: Lines(world.between, (world.sue,), made=-9 * DAY, until=-2 * SKEW),
    "of a time to come": lambda world: Lines(world.between, (world.sue,), made=2 * SKEW),
    "not understood": odd,
    "difference": difference,
    "of another part": elsewhere,
    "of authorities": lambda world: Lines(
        world.between, (world.sue,), more=part(only_contains_ca_certs=True)
    ),
    "of attributes": lambda world: Lines(
        world.between, (world.sue,), more=part(only_contains_attribute_certs=True)
    ),
    "for some reasons": lambda world: Lines(
        world.between,
        (world.sue,),
        more=part(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise})),
    ),
    "of others, too": lambda world: Lines(
        world.between, (world.sue,), more=part(indirect_crl=True)
    ),
}


@pytest.mark.parametrize("name", NO_LISTS)
@pytest.mark.parametrize("withdrawn", [True, False])
def test_what_is_no_list_of_this_authority_says_nothing(
    name: str, withdrawn: bool, world: World
) -> None:
    """Neither can somebody on the way withdraw a certificate, nor say that it stands."""
    world.meets()
    lines = NO_LISTS[name](world)
    if not withdrawn:
        lines = Lines(**{one: getattr(lines, one) for one in lines.__slots__} | {"withdrawn": ()})
    world.lists[LIST] = lines.der
    with pytest.raises(BadInput, match="The list of withdrawn certificates"):
        world.renew()
    assert world.fact().status is SignatureStatus.GOOD
    assert NOT_ASKED in world.opened().reason


@pytest.mark.parametrize(
    "junk", [b"", b"\x30\x80", b"<html></html>", b"-----BEGIN X509 CRL-----\nAAAA\n"]
)
def test_what_cannot_be_read_says_nothing(junk: bytes, world: World) -> None:
    world.meets()
    world.lists[LIST] = junk
    with pytest.raises(BadInput, match="cannot be read"):
        world.renew()
    assert world.fact().status is SignatureStatus.GOOD


@pytest.mark.parametrize("withdrawn", [True, False])
def test_a_list_that_was_altered_anywhere_says_nothing_else(withdrawn: bool, world: World) -> None:
    """There is one bit beside the signature that says nothing and is guarded by nothing."""
    world.meets()
    true = Lines(world.between, (world.sue,) if withdrawn else ()).der
    refused = 0
    for place in range(len(true)):
        data = bytearray(true)
        data[place] ^= 1
        world.lists[LIST] = bytes(data)
        try:
            assert world.renew() is withdrawn
        except BadInput:
            refused += 1
        world.vault.pop(f"listed/{world.sue.fingerprint}", None)
    assert refused >= len(true) - 1


def test_an_authority_that_may_sign_no_lists_withdraws_nothing(world: World) -> None:
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    world.between = made(Wish("People", authority=True, key_usage=usage), world.root)
    world.sue = made(Wish("Sue", (SUE,), more=at(LIST)), world.between)
    world.meets()
    world.lists[LIST] = Lines(world.between, (world.sue,)).der
    with pytest.raises(BadInput, match="not signed by the authority"):
        world.renew()


def test_what_one_authority_says_is_kept_where_the_other_one_is_silent(world: World) -> None:
    world.meets()
    world.lists[ROOT_LIST] = Unreachable("no answer")
    world.lists[LIST] = Lines(world.between, (world.sue,)).der
    assert world.renew()
    assert world.fact().status is SignatureStatus.REVOKED_KEY


def test_a_profile_that_can_only_be_read_opens_such_a_letter_all_the_same(world: World) -> None:
    class Frozen(dict[str, bytes]):
        def __setitem__(self, name: str, data: bytes) -> None:
            raise StoreLocked("Nothing can be changed in this profile.")

    world.vault = Frozen(world.vault)
    world.plugin = world.again()
    assert world.fact().vouched_by == "Root"
