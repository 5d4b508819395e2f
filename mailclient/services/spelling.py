"""Words that no dictionary knows, in what is being written. Nothing of it leaves the computer.

The dictionaries are those of the system, through enchant. Words that the user takes for right tell
what he writes about: they are kept in the store, encrypted like mail, and in no file of enchant's.
"""

from __future__ import annotations

import json
import locale
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mailclient.errors import BadInput
from mailclient.settings import SPELLING, SPELLING_LANGUAGE, SPELLING_WORDS

if TYPE_CHECKING:
    from mailclient.store.settings import Settings

MOST_WORDS = 10_000  # of one's own
MOST_KNOWN = 50_000  # answers of the dictionary that are remembered
MOST_SUGGESTIONS = 6
LONGEST = 60  # letters; longer ones are no words
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
# Addresses, names of files, numbers with letters: what stands between blanks around one of these.
_NO_WORDS = re.compile(r"\S*(?:://|www\.|[@\d_\\/])\S*")


class Spelling:
    """Looks words up in one language, and in the words of the user."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[str, bool] = {}
        self._own: frozenset[str] = frozenset()
        self.is_on = False
        self.language = ""
        self._dictionary: tuple[str, Any] = ("", None)
        self.begin()

    def begin(self) -> None:
        """Go by what is set now: whether words are looked up (`is_on`), in which language (""
        for none), and which are the user's own."""
        self.language = self._language()
        self.is_on = self._settings.get(SPELLING) and bool(self.language)
        found = json.loads(self._settings.get(SPELLING_WORDS))
        self._own = frozenset(one for one in found if isinstance(one, str))

    @cached_property
    def _broker(self) -> Any:
        try:
            import enchant  # late: an extra, with a library of the system behind it
        except ImportError:
            return None
        return enchant.Broker()

    def languages(self) -> tuple[str, ...]:
        """The languages that there is a dictionary of, as tags like de_DE."""
        if self._broker is None:
            return ()
        return tuple(sorted(one for one in self._broker.list_languages() if len(one) >= 2))

    def _language(self) -> str:
        """The chosen one, else that of the system, else English; "" where there is none."""
        known = self.languages()
        chosen = self._settings.get(SPELLING_LANGUAGE)
        if chosen in known:
            return chosen
        of_system = locale.getlocale(locale.LC_MESSAGES)[0] or "en_US"
        near = [one for one in known if one.partition("_")[0] == of_system.partition("_")[0]]
        if of_system in known or near:
            return of_system if of_system in known else near[0]
        return next((one for one in known if one.startswith("en")), known[0] if known else "")

    @property
    def lack(self) -> str:
        """What is missing on this computer, as a sentence; "" for nothing."""
        if self._broker is None:
            return "Spelling needs the package 'libenchant-2-2' and the Python package 'pyenchant'."
        if not self.languages():
            return "There is no dictionary here. Install one, for example 'hunspell-en-us'."
        return ""

    def switch(self, on: bool) -> None:
        """Look words up from now on, or no more."""
        self._settings.set(SPELLING, on)
        self.begin()

    def choose(self, language: str) -> None:
        """Check another language from now on; raises BadInput where it has no dictionary."""
        if language not in self.languages():
            raise BadInput(f"There is no dictionary for {language} here.", "Install one.")
        self._settings.set(SPELLING_LANGUAGE, language)
        self.begin()

    # Words

    def unknown(self, line: str) -> Iterator[tuple[int, int]]:
        """Where the words of a line stand that nobody knows: from, to. Quoted lines have none."""
        if not self.is_on or line.startswith(">"):
            return
        left_out = [match.span() for match in _NO_WORDS.finditer(line)]
        for match in _WORD.finditer(line):
            start, end = match.span()
            if any(begin <= start < stop for begin, stop in left_out):
                continue
            if not self.knows(match[0]):
                yield start, end

    def knows(self, word: str) -> bool:
        """Whether a word is right: in the dictionary or one of the user's, or no word at all."""
        plain = word.replace("\u2019", "'")
        if len(plain) > LONGEST or (len(plain) > 1 and plain.isupper()) or self.is_own(plain):
            return True
        if plain not in self._known:
            if len(self._known) > MOST_KNOWN:
                self._known.clear()
            self._known[plain] = bool(self._open().check(plain))
        return self._known[plain]

    def suggestions(self, word: str) -> tuple[str, ...]:
        """What may have been meant, the likeliest first."""
        return tuple(self._open().suggest(word.replace("\u2019", "'"))[:MOST_SUGGESTIONS])

    def _open(self) -> Any:
        language = self.language
        if self._dictionary[0] != language:
            self._dictionary = (language, self._broker.request_dict(language))
            self._known.clear()
        return self._dictionary[1]

    # Words of the user's

    def is_own(self, word: str) -> bool:
        """Whether it is one of them, at the beginning of a sentence, too."""
        return word in self._own or word[:1].lower() + word[1:] in self._own

    def learn(self, word: str) -> None:
        """Take a word for right from now on; raises BadInput where there are too many."""
        words = self._own | {word.replace("\u2019", "'")}
        if len(words) > MOST_WORDS:
            raise BadInput("There are too many words of your own.", "Forget some of them.")
        self._keep(words)

    def forget(self, word: str) -> None:
        """Take it for right no more."""
        plain = word.replace("\u2019", "'")
        self._keep(self._own - {plain, plain[:1].lower() + plain[1:]})

    def _keep(self, words: frozenset[str]) -> None:
        self._settings.set(SPELLING_WORDS, json.dumps(sorted(words), ensure_ascii=False))
        self._own = words
