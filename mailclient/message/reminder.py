"""Does a text speak of a file that goes with it? Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from mailclient.message.quote import own_text

# Beginnings of words, by language (ISO 639-1).
WORDS = {
    "da": ("vedhæft", "vedlagt"),
    "de": (
        "anhang",
        "anhäng",
        "angehängt",
        "anbei",
        "beigefügt",
        "beigelegt",
        "beiliegend",
        "anlage",
    ),
    "en": ("attach", "enclos"),
    "es": ("adjunt", "anexo", "anexad"),
    "fi": ("liite", "liitteen", "oheise"),
    "fr": ("pièce jointe", "pièces jointes", "ci-joint", "en annexe"),
    "it": ("allegat", "in allegato"),
    "nl": ("bijlage", "bijgevoegd", "bijgesloten"),
    "pl": ("załącz", "w załączeniu"),
    "pt": ("anexo", "anexad", "em anexo"),
    "sv": ("bifog", "bilag"),
}


def promises_file(subject: str, text: str, languages: Collection[str]) -> bool:
    """Whether the writer's own words, in one of these languages, speak of a file."""
    chosen = [word for one in ("en", *languages) for word in WORDS.get(one.lower()[:2], ())]
    pattern = r"(?<!\w)(?:" + "|".join(re.escape(word) for word in chosen) + ")"
    own = own_text(text).partition("\n-- \n")[0]
    return re.search(pattern, f"{subject}\n{own}", re.IGNORECASE) is not None
