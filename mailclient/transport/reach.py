"""Which computers may be spoken to when a stranger named them.

A public source must not send this program into a private network: the addresses behind a name are
looked at before any of them is dialled, and no other is dialled then.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

from mailclient.errors import BadInput
from mailclient.message.address import ascii_domain
from mailclient.transport.dial import Address, Resolve, addresses

LONGEST_NAME = 253
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
# RFC 6761, RFC 6762, RFC 7686, RFC 8375, RFC 9476 and what home routers and firms call themselves.
_INSIDE = {"alt", "arpa", "corp", "home", "internal", "intranet", "invalid", "lan", "local"}
_INSIDE |= {"localdomain", "localhost", "onion", "private", "test"}


def host_name(text: str, *, private: bool = False) -> str:
    """A name that a server can have, as A-labels; raises BadInput for anything else.

    Addresses in figures are refused, as no certificate is made out for them. Names that mean
    something only inside a network are refused unless `private` servers are wanted.
    """
    name = ascii_domain(text.strip()).removesuffix(".")
    labels = name.split(".")
    well_formed = len(name) <= LONGEST_NAME and all(_LABEL.match(one) for one in labels)
    if not well_formed or labels[-1].isdigit():
        raise BadInput("The name of a server is not one.")
    if not private and (len(labels) < 2 or labels[-1] in _INSIDE):
        raise BadInput(f"{name} is a name inside a private network.")
    return name


def is_public(address: str) -> bool:
    """Whether an address in figures is one that everybody reaches."""
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return all(one.is_global and not one.is_multicast for one in (found, inner) if one is not None)


def public(host: str, port: int) -> Sequence[Address]:
    """The addresses behind a name; raises OSError, and BadInput if one of them is private."""
    found = addresses(host, port)
    if not all(is_public(str(place[0])) for _, place in found):
        raise BadInput(f"{host} leads into a private network.")
    return found


def resolver(*, private: bool) -> Resolve:
    """How names are looked up: any, or only those that lead to where everybody may go."""
    return addresses if private else public
