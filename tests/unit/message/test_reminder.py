"""A text that speaks of a file is noticed in the languages of its writer."""

from __future__ import annotations

import pytest

from mailclient.message.reminder import promises_file


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The plan is attached."),
        ("en", "Please find enclosed the plan."),
        ("de", "Anbei der Plan."),
        ("de", "Den Plan findest du im Anhang."),
        ("fr", "Vous trouverez le plan ci-joint."),
        ("es", "Adjunto el plan."),
        ("it", "In allegato il piano."),
        ("nl", "Zie de bijlage."),
        ("sv", "Jag bifogar planen."),
        ("pl", "Plan jest w załączeniu."),
    ],
)
def test_words_of_a_file_are_noticed(language: str, text: str) -> None:
    assert promises_file("", text, [language])
    assert promises_file(text, "", [language])


@pytest.mark.parametrize(
    "text",
    [
        "The plan.",
        "Bob wrote:\n> it is attached",
        "Fine.\n\n---------- Forwarded message ----------\nit is attached",
        "Fine.\n\n-- \nAttachments are scanned",
        "an unattached house",
    ],
)
def test_what_others_wrote_or_a_signature_says_is_no_promise(text: str) -> None:
    assert not promises_file("", text, ["en"])


def test_a_word_of_another_language_is_no_promise() -> None:
    assert not promises_file("", "Anbei ein Gedicht", ["fr"])
