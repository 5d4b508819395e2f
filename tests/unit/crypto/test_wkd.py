"""Where the key of an address lies, and in which order it is asked for there."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mailclient.crypto.openpgp.discover import Places, wkd_hash, wkd_url
from mailclient.errors import BadInput


@pytest.mark.parametrize(
    ("local", "name"),
    [
        ("mail", "dizb37aqa5h4skgu7jf1xjr4q71w4paq"),
        ("Joe.Doe", "iy9q119eutrkn8s1mk4r39qejnbu3n5q"),
        ("joe.doe", "iy9q119eutrkn8s1mk4r39qejnbu3n5q"),
    ],
)
def test_the_name_of_a_key_at_its_domain_is_that_of_the_draft(local: str, name: str) -> None:
    assert wkd_hash(local) == name


def test_the_two_places_at_a_domain_are_those_of_the_draft() -> None:
    place, name = Places(), "iy9q119eutrkn8s1mk4r39qejnbu3n5q"
    assert wkd_url(place.wkd, "Joe.Doe@Example.ORG") == (
        f"https://openpgpkey.example.org/.well-known/openpgpkey/example.org/hu/{name}?l=Joe.Doe"
    )
    assert wkd_url(place.wkd_direct, "Joe.Doe@Example.ORG") == (
        f"https://example.org/.well-known/openpgpkey/hu/{name}?l=Joe.Doe"
    )


def test_a_local_part_cannot_become_another_address_or_another_place() -> None:
    url = wkd_url(Places().wkd, "a&b=c/../{domain}@example.org")
    assert url.endswith("?l=a%26b%3Dc%2F..%2F%7Bdomain%7D")


@pytest.mark.parametrize(
    "environment",
    [{"MAILCLIENT_KEYS_WKD": "http://x/{hash}"}, {"MAILCLIENT_KEYS_VKS": "keys.example.org"}],
)
def test_nothing_less_than_https_is_asked(environment: Mapping[str, str]) -> None:
    with pytest.raises(BadInput, match="does not begin with https://"):
        Places.of(environment)


def test_a_firm_may_serve_its_own_keys_and_switch_a_source_off() -> None:
    places = Places.of({"MAILCLIENT_KEYS_VKS": "https://keys.example.org/",
                        "MAILCLIENT_KEYS_WKD_DIRECT": ""})  # fmt: skip
    assert (places.vks, places.wkd_direct) == ("https://keys.example.org", "")
    assert places.wkd == Places().wkd
