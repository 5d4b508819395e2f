"""How the code is cut: sizes, imports, broad excepts.

A rule is broken only for a reason that is written down here; an exception that is no longer needed
fails too, so the tables stay honest.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "mailclient"

FUNCTION_LINES = 60
USUAL_FUNCTION_LINES = 40
CLASS_LINES = 250
FILE_LINES = 400

# "path" or "path::name" -> why it may be longer
LONGER: dict[str, str] = {}

# "path::function" -> why it may catch every exception
BROAD_EXCEPTS: dict[str, str] = {
    "services/jobs.py::_run": "the lane runner: a bug in a job is logged and shown, and raised on",
    "cli/context.py::invoke": "the command line's main: a bug is named as one, and exits with 1",
    "crypto/registry.py::_take": "a plug-in is the code of strangers, and may raise anything",
    "transport/discover/race.py::_ask": "a bug is carried to the thread that waits",
    "gui/bridge.py::_call": "the bridge: a bug met on a lane is carried to the window and shown",
    "gui/bridge.py::_deliver": "the bridge: a bug in one receiver must not stop the next",
}

# "path" or "path::function" -> why it imports from the program itself only when it is called
LATE_IMPORTS: dict[str, str] = {
    "parts.py": "a part is imported when it is asked for: a command needs few of many",
    "app.py::open_profile": "it is imported beside the unlocking of the store",
    "cli/context.py::progress": "most commands begin no job",
    "cli/context.py::_upkeep": "a profile is seldom moved or put back",
    "crypto/smime/plugin.py": "its library takes 10 MB, and few people have certificates",
    "crypto/smime/keys.py": "the same",
    "gui/other_windows.py": "a window is imported when it is opened: the main one is there sooner",
    "gui/in_and_out.py": "the same",
    "gui/verbs.py": "the same",
    "gui/session.py": "the same",
    "gui/traffic.py": "the same",
    "gui/signing_in.py": "the same",
    "gui/keys/attached.py": "the same",
    "__main__.py::_window": "the command line never loads Qt",
    "__main__.py::_demo": "the demo stands on an optional extra, and Qt may not be there",
}

# Words that would say where or by what the text was written, put together here so that this file
# does not hold them itself.
FOREIGN_WORDS = [
    "/".join(("", "work", "")),
    "/".join(("", "tmp", "v", "")),
    "cla" + "ude",
    "anthro" + "pic",
    "chat" + "gpt",
    "ll" + "m ",
]

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def length(node: Function | ast.ClassDef) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def too_long() -> dict[str, int]:
    found: dict[str, int] = {}
    for path in modules():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > FILE_LINES:
            found[name_of(path)] = lines
        for node in ast.walk(tree_of(path)):
            limit = CLASS_LINES if isinstance(node, ast.ClassDef) else FUNCTION_LINES
            if isinstance(node, ast.ClassDef | Function) and length(node) > limit:
                found[f"{name_of(path)}::{node.name}"] = length(node)
    return found


def test_functions_classes_and_files_stay_short_but_for_listed_reasons() -> None:
    found = too_long()
    assert {name: lines for name, lines in found.items() if name not in LONGER} == {}


def test_every_listed_long_piece_is_still_long() -> None:
    assert set(LONGER) - set(too_long()) == set()


def test_ninety_five_of_a_hundred_functions_have_at_most_forty_lines() -> None:
    lengths = sorted(length(f) for path in modules() for f in functions(tree_of(path)))
    assert lengths
    assert lengths[int(len(lengths) * 0.95)] <= USUAL_FUNCTION_LINES


def imports_the_program(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.level > 0 or (node.module or "").split(".")[0] == "mailclient"
    return isinstance(node, ast.Import) and any(
        alias.name.split(".")[0] == "mailclient" for alias in node.names
    )


def late_imports() -> set[str]:
    return {
        name_of(path) if name_of(path) in LATE_IMPORTS else f"{name_of(path)}::{function.name}"
        for path in modules()
        for function in functions(tree_of(path))
        if any(imports_the_program(node) for node in ast.walk(function))
    }


def test_no_function_imports_from_the_program_itself_but_for_listed_reasons() -> None:
    assert late_imports() - set(LATE_IMPORTS) == set()


def test_every_listed_late_import_is_still_there() -> None:
    assert set(LATE_IMPORTS) - late_imports() == set()


def is_broad(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException"))
        for kind in kinds
    )


def broad_excepts() -> set[str]:
    found = set()
    for path in modules():
        tree = tree_of(path)
        handlers = [n for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler) and is_broad(n)]
        for handler in handlers:
            around = [f for f in functions(tree) if handler in ast.walk(f)]
            innermost = min(around, key=length).name if around else "<module>"
            found.add(f"{name_of(path)}::{innermost}")
    return found


def test_every_exception_is_caught_only_in_the_listed_places() -> None:
    assert broad_excepts() - set(BROAD_EXCEPTS) == set()


def test_every_listed_broad_except_is_still_there() -> None:
    assert set(BROAD_EXCEPTS) - broad_excepts() == set()


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_opens_with_what_it_is(path: Path) -> None:
    assert ast.get_docstring(tree_of(path))


def test_no_class_is_named_after_nothing_in_particular() -> None:
    vague = ("Manager", "Helper", "Util", "Utils", "Common", "Controller")
    found = [
        f"{name_of(path)}::{node.name}"
        for path in modules()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef) and node.name.endswith(vague)
    ]
    assert found == []


def tracked_texts() -> Iterator[tuple[str, str]]:
    for folder in ("mailclient", "tests", "docs", "packaging", "resources", ".ci"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8", errors="ignore")
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "pyproject.toml"):
        if (ROOT / name).exists():
            yield name, (ROOT / name).read_text(encoding="utf-8")


def test_the_tree_names_no_machine_and_no_tool_that_wrote_it() -> None:
    found = [
        (name, word)
        for name, text in tracked_texts()
        for word in FOREIGN_WORDS
        if word in text.lower()
    ]
    assert found == []


def test_nothing_is_left_to_be_done_in_the_code() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error")
    found = [
        f"{name_of(path)}: {mark}"
        for path in modules()
        for mark in marks
        if mark in path.read_text(encoding="utf-8")
    ]
    assert found == []


def test_each_test_file_has_a_name_of_its_own_so_that_all_can_run_together() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []
