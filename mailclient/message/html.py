"""HTML of strangers made harmless, and made into text.

Nothing that runs, loads, submits or restyles survives: tags and attributes are allowed one by one
(nh3), links only to http, https and mailto, pictures only from inside the message (cid:).
"""

from __future__ import annotations

import html as entities
import re
from dataclasses import dataclass

DEEPEST = 256
LARGEST = 4 * 1024 * 1024
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
    "font": {"color", "size", "face"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing", "width", "background"},
    "td": {"colspan", "rowspan", "width", "valign", "background"},
    "th": {"colspan", "rowspan", "width", "valign", "background"},
}
# Their content goes with them.
_EMPTIED = frozenset({"script", "style", "title", "head", "noscript", "template", "object", "svg"})
_VOID_NAMES = "area base br col embed hr img input link meta param source track wbr"
_VOID = frozenset(_VOID_NAMES.split())
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_ANY_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?:script|style)\b.*?(?:</(?:script|style)\s*>|\Z)|<[^>]*>?",
    re.IGNORECASE | re.DOTALL,
)
_STYLE_LOAD = re.compile(r"url\([\s'\"]{0,20}(https?:[^'\")\s]{1,2000})", re.IGNORECASE)
_REMOTE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_MOST_SPACE = 50
_MUCH_SPACE = re.compile(rf"\s{{{_MOST_SPACE},}}")
_BLANK_LINES = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")


@dataclass(frozen=True, slots=True)
class Clean:
    """Sanitised HTML, and the addresses on the network that the original would have loaded."""

    html: str
    remote: tuple[str, ...]


def sanitise(html: str) -> Clean:
    """Make HTML harmless; what is too large or nested too deep becomes its text."""
    if len(html) > LARGEST or _depth(html) > DEEPEST:
        return Clean(f"<pre>{entities.escape(_without_tags(html))}</pre>", ())
    import nh3  # late: a compiled library that only HTML mail needs

    remote: dict[str, None] = dict.fromkeys(_STYLE_LOAD.findall(html))

    def keep(tag: str, attribute: str, value: str) -> str | None:
        if attribute not in ("src", "srcset", "background"):
            return value
        if attribute == "src" and value.lower().startswith("cid:"):
            return value
        if _REMOTE.match(value):
            remote.setdefault(value.strip().split()[0])
        return None

    clean = nh3.clean(
        html,
        tags=set(TAGS),
        clean_content_tags=set(_EMPTIED),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=keep,
        url_schemes={"http", "https", "mailto", "cid"},
        link_rel=None,
    )
    return Clean(clean, tuple(remote))


def html_to_text(html: str) -> str:
    """The text of HTML, with its links; never raises."""
    return text_of(sanitise(html))


def text_of(harmless: Clean) -> str:
    """The text of sanitised HTML, with its links; never raises."""
    import html2text  # late: only HTML mail needs it

    writer = html2text.HTML2Text(bodywidth=0)
    writer.ignore_images = True
    writer.ignore_emphasis = True
    writer.single_line_break = False
    try:
        text = writer.handle(_MUCH_SPACE.sub(_less_space, harmless.html))
    except (AssertionError, ValueError, IndexError, RecursionError):
        text = _without_tags(harmless.html)
    return _BLANK_LINES.sub("\n\n", text).strip("\n") + "\n"


def _less_space(match: re.Match[str]) -> str:
    """As much white space as html2text can bear: its time grows with the square of it."""
    return match[0][:_MOST_SPACE]


def _depth(html: str) -> int:
    """How deep the tags are nested, at most."""
    depth = deepest = 0
    for match in _TAG.finditer(html):
        if match[1]:
            depth = max(0, depth - 1)
        elif match[2].lower() not in _VOID:
            depth += 1
            deepest = max(deepest, depth)
    return deepest


def _without_tags(html: str) -> str:
    return entities.unescape(_ANY_TAG.sub(" ", html))
