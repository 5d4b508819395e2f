"""Who vouches for a certificate: the way up to an authority that is trusted (RFC 5280 section 6).

Whatever is not understood breaks the way, and so does what is known to be withdrawn. Nobody is
asked here: that would tell an authority which mail is read when.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtensionOID

from mailclient.crypto.smime.certificate import (
    UNREADABLE,
    addresses_of,
    is_authority,
    is_for_mail,
    is_valid_at,
    is_weak,
    usage_of,
)

LONGEST = 6  # certificates, with the authority
MOST_STEPS = 200
_UNDERSTOOD = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.CERTIFICATE_POLICIES,  # no policy is asked for
    }
)

Way = tuple[x509.Certificate, ...]


class Vouching:
    """Looks for whoever vouches: tries every way up, within limits for all that it is asked."""

    def __init__(
        self,
        between: Sequence[x509.Certificate],
        authorities: Sequence[x509.Certificate],
        when: datetime,
        withdrawn: Callable[[x509.Certificate], bool],
    ) -> None:
        self._between = between
        self._authorities = authorities
        self._when = when
        self._withdrawn = withdrawn
        self._steps = 0

    def way_of(self, certificate: x509.Certificate) -> Way:
        """The way from a certificate to a trusted authority that vouches for it, both with it;
        () if none does."""
        try:
            return self._up((certificate,))
        except UNREADABLE:  # an extension or a key that cannot be read
            return ()

    def _up(self, way: Way) -> Way:
        """A whole way that goes on from `way`."""
        last = way[-1]
        if not self._is_sound(last, len(way) == 1):
            return ()
        for one in self._authorities:
            if self._vouches(one, way) and self._is_sound(one, leaf=False, root=True):
                return (*way, one)
        if len(way) + 1 >= LONGEST:
            return ()
        for one in self._between:
            if one not in way and self._vouches(one, way):
                found = self._up((*way, one))
                if found:
                    return found
        return ()

    def _is_sound(self, one: x509.Certificate, leaf: bool, *, root: bool = False) -> bool:
        if any(ext.critical and ext.oid not in _UNDERSTOOD for ext in one.extensions):
            return False
        if not is_valid_at(one, self._when) or not is_for_mail(one):
            return False
        if self._withdrawn(one):
            return False
        return leaf or root or not is_weak(one)

    def _vouches(self, one: x509.Certificate, way: Sequence[x509.Certificate]) -> bool:
        """Whether an authority has signed the last one of a way, and was allowed to."""
        last = way[-1]
        if one.subject != last.issuer:  # nearly all of those that a system trusts
            return False
        self._steps += 1
        if self._steps > MOST_STEPS or not is_authority(one) or is_weak(last):
            return False
        usage = usage_of(one)
        if usage is not None and not usage.key_cert_sign:
            return False
        limit = one.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
        if limit is not None and len(way) - 1 > limit:
            return False
        if not _allows(one, way[0]):
            return False
        return issued(one, last)


def issued(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Whether the signature under a certificate is by the key of another one."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def _allows(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Whether the addresses are among those that it may vouch for (section 4.2.1.10).

    Limits on other kinds of names are not read; but one on the subject is no way through.
    """
    try:
        found = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return True
    permitted, excluded = found.permitted_subtrees or (), found.excluded_subtrees or ()
    if any(isinstance(one, x509.DirectoryName) for one in (*permitted, *excluded)):
        return False
    allowed = [one.value for one in permitted if isinstance(one, x509.RFC822Name)]
    refused = [one.value for one in excluded if isinstance(one, x509.RFC822Name)]
    for address in addresses_of(certificate):
        if any(_fits(address, one) for one in refused):
            return False
        if allowed and not any(_fits(address, one) for one in allowed):
            return False
    return True


def _fits(address: str, limit: str) -> bool:
    """Whether an address is within one: itself, a host, or with a dot all below a domain."""
    wanted, host = limit.lower(), address.rpartition("@")[2]
    if "@" in wanted:
        return address == wanted
    return host.endswith(wanted) if wanted.startswith(".") else host == wanted
