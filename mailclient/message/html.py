"""HTML of strangers made harmless, and made into text.

Nothing that runs, loads, submits or restyles survives: tags and attributes are allowed one by one
(nh3), links only to http, https and mailto, pictures only from inside the message (cid:). Colours,
sizes and typefaces are the reader's alone: no letter is hidden by them, on a dark page neither, and
none looks like another. What would be more work than mail ever is becomes its text.
"""

from __future__ import annotations

import html as entities
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

DEEPEST = 256
LARGEST = 4 * 1024 * 1024
MOST_TAGS = 50_000
MOST_ATTRIBUTES = 5_000  # of one tag
MOST_ENTITIES = 50_000  # each costs html2text as much as a tag
MOST_INDENTED = 20_000_000  # letters of text, if each line were indented as the deepest
_TAG_NAMES = (
    "a abbr address article b bdi bdo big blockquote br caption center cite code col colgroup dd "
    "del dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd "
    "li main mark nav ol p pre q rp rt ruby s samp section small span strike strong sub summary "
    "sup table tbody td tfoot th thead time tr tt u ul var wbr"
)
TAGS = frozenset(_TAG_NAMES.split())
_EVERYWHERE = {"align", "dir", "lang", "title"}
_ATTRIBUTES = {
    "*": _EVERYWHERE,
    "a": {"href"},
    "img": {"src", "srcset", "alt", "width", "height"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing", "width", "background"},
    "td": {"colspan", "rowspan", "width", "valign", "background"},
    "th": {"colspan", "rowspan", "width", "valign", "background"},
}
# Their content goes with them.
_EMPTIED = frozenset({"script", "style", "title", "head", "noscript", "template", "object", "svg"})
# A parser of HTML opens these again in every block after one that did not close them: sixty
# kilobytes become gigabytes. Under names that it does not know it lets them be; they get their own
# back at the end.
_REOPENED = "b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u"
_TO_RENAME = re.compile(rf"<(/?)({_REOPENED})(?=[\s/>])", re.IGNORECASE)
_RENAMED = re.compile(rf"<(/?)x-({_REOPENED})(?=[\s>])")
_VOID_NAMES = "area base br col embed hr img input link meta param source track wbr"
_VOID = frozenset(_VOID_NAMES.split())
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^>]*)")
_NESTING = re.compile(r"<(/?)(?:blockquote|ul|ol|dl)\b")
_ANY_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?:script|style)\b.*?(?:</(?:script|style)\s*>|\Z)|<[^>]*>?",
    re.IGNORECASE | re.DOTALL,
)
_STYLE_LOAD = re.compile(r"url\([\s'\"]{0,20}(https?:[^'\")\s]{1,2000})", re.IGNORECASE)
_REMOTE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_PLACE = re.compile(r'<img [^>]*?src="cid:%20([^"]*)"')
_MOST_SPACE = 50
_MUCH_SPACE = re.compile(rf"\s{{{_MOST_SPACE},}}")
_PRE = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL)
_INDENT = re.compile(r"\n\s+")
_BLANK_LINES = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")


@dataclass(frozen=True, slots=True)
class Clean:
    """Sanitised HTML, and the addresses on the network that the original would have loaded."""

    html: str
    remote: tuple[str, ...]


def sanitise(html: str, *, pictures: bool = False) -> Clean:
    """Make HTML harmless; what is too large, too many or nested too deep becomes its text.

    With `pictures` those that lie on the network keep a place, under their `place_of`; where they
    lie stands nowhere else, and nothing is loaded by that.
    """
    if len(html) > LARGEST or _is_too_complex(html):
        return Clean(f"<pre>{entities.escape(_without_tags(html))}</pre>", ())
    import nh3  # late: a compiled library that only HTML mail needs

    remote: dict[str, None] = dict.fromkeys(_STYLE_LOAD.findall(html))

    def keep(tag: str, attribute: str, value: str) -> str | None:
        if attribute not in ("src", "srcset", "background"):
            return value
        if attribute == "src" and value.lower().startswith("cid:"):
            return value
        if _REMOTE.match(value):
            address = value.strip().split()[0]
            remote.setdefault(address)
            if pictures and attribute == "src":
                return f"cid:{quote(place_of(address), safe='')}"
        return None

    clean = nh3.clean(
        _TO_RENAME.sub(r"<\1x-\2", html),
        tags={*TAGS, *(f"x-{name}" for name in TAGS & set(_REOPENED.split("|")))},
        clean_content_tags=set(_EMPTIED),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=keep,
        url_schemes={"http", "https", "mailto", "cid"},
        link_rel=None,
    )
    return Clean(_RENAMED.sub(r"<\1\2", clean), tuple(remote))


def place_of(address: str) -> str:
    """The name of the place of a picture on the network; no part of a message has such a
    Content-ID, since these begin with no space."""
    return f" {address}"


def placed_in(html: str) -> tuple[str, ...]:
    """The addresses of pictures that have a place in sanitised HTML, each once."""
    return tuple(dict.fromkeys(unquote(one) for one in _PLACE.findall(html)))


def html_to_text(html: str) -> str:
    """The text of HTML, with its links; never raises."""
    return text_of(sanitise(html))


def text_of(harmless: Clean) -> str:
    """The text of sanitised HTML, with its links; never raises."""
    html = harmless.html
    if _nesting(html) * len(html) > MOST_INDENTED or html.count("&") > MOST_ENTITIES:
        return _without_tags(html)
    import html2text  # late: only HTML mail needs it

    writer = html2text.HTML2Text(bodywidth=0)
    writer.ignore_images = True
    writer.ignore_emphasis = True
    writer.single_line_break = False
    try:
        text = writer.handle(_slim(html))
    except (AssertionError, ValueError, IndexError, RecursionError):
        text = _without_tags(html)
    return _BLANK_LINES.sub("\n\n", text).strip("\n") + "\n"


def _slim(html: str) -> str:
    """HTML with as much white space as html2text can bear: its time grows with the square of it,
    and with each line break in it. Where it means nothing, none follows a line break."""
    pieces = _PRE.split(_MUCH_SPACE.sub(_less_space, html))
    return "".join(one if _PRE.match(one) else _INDENT.sub("\n", one) for one in pieces)


def _less_space(match: re.Match[str]) -> str:
    return match[0][:_MOST_SPACE]


def _is_too_complex(html: str) -> bool:
    """Whether it has more, or deeper nested tags than mail ever has."""
    depth = 0
    for count, match in enumerate(_TAG.finditer(html)):
        if match[1]:
            depth = max(0, depth - 1)
        elif match[2].lower() not in _VOID:
            depth += 1
        if depth > DEEPEST or count > MOST_TAGS or _has_many_words(match[3]):
            return True
    return False


def _has_many_words(attributes: str) -> bool:
    return len(attributes) > 2 * MOST_ATTRIBUTES and len(attributes.split()) > MOST_ATTRIBUTES


def _nesting(html: str) -> int:
    """How deep what is indented in text is nested, at most."""
    depth = deepest = 0
    for match in _NESTING.finditer(html):
        depth += -1 if match[1] else 1
        deepest = max(deepest, depth)
    return deepest


def _without_tags(html: str) -> str:
    return entities.unescape(_ANY_TAG.sub(" ", html))
