"""The documentation says what the code does: every setting, command, option and link."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mailclient.cli.main import cli
from mailclient.crypto.api import Host, no_network
from mailclient.errors import MailError
from mailclient.message.security import SignatureWord, State
from mailclient.settings import ALL, Setting

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("setting", ALL, ids=lambda setting: setting.key)
def test_a_setting_is_documented_with_its_default_and_its_words(
    setting: Setting[bool] | Setting[int] | Setting[str],
) -> None:
    row = next(
        line
        for line in text_of("docs/settings.md").splitlines()
        if line.startswith(f"| `{setting.key}` |")
    )
    shown = {True: "on", False: "off"}.get(setting.default, str(setting.default))
    if type(setting.default) is int:
        shown = str(setting.default)
    assert row.split("|")[2].strip() == shown
    assert setting.text in row
    assert all(choice in row for choice in setting.choices)


def test_no_setting_is_documented_that_is_not_there() -> None:
    documented = re.findall(r"^\| `([a-z_.]+)` \|", text_of("docs/settings.md"), re.MULTILINE)
    assert documented == [setting.key for setting in ALL]


def commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{prefix}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")


@pytest.mark.parametrize(("name", "command"), list(commands(cli)), ids=lambda value: str(value))
def test_a_command_is_documented_with_all_its_options(name: str, command: click.Command) -> None:
    page = text_of("docs/command-line.md")
    if not isinstance(command, click.Group):
        assert f"`{name}" in page
    options = [
        option
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
        if option.startswith("--")
    ]
    assert [option for option in options if option not in page] == []


def test_the_global_options_are_documented() -> None:
    page = text_of("docs/command-line.md").partition("## Accounts")[0]
    options = [option for parameter in cli.params for option in parameter.opts]
    assert [option for option in options if f"`{option}" not in page] == []


@pytest.mark.parametrize("word", [*State, *SignatureWord], ids=lambda word: str(word.value))
def test_a_word_of_the_verdict_is_explained(word: State | SignatureWord) -> None:
    assert f"`{word.value}`" in text_of("docs/encryption.md")


def anchors_and_links(page: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)", text)


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_a_link_between_pages_leads_somewhere(page: Path) -> None:
    local = [link for link in anchors_and_links(page) if "://" not in link]
    assert [link for link in local if not (page.parent / link.partition("#")[0]).exists()] == []


def test_every_picture_is_shown_on_some_page() -> None:
    shown = {Path(link).name for page in PAGES for link in anchors_and_links(page)}
    assert {one.name for one in (ROOT / "docs" / "images").iterdir()} - shown == set()


def test_the_example_plugin_of_the_documentation_works_as_described(tmp_path: Path) -> None:
    block = re.search(r"```python\n(.*?)```", text_of("docs/plugins.md"), re.DOTALL)
    assert block
    names: dict[str, object] = {}
    exec(compile(block[1], "docs/plugins.md", "exec"), names)
    example = names["Example"]
    assert callable(example)
    plugin = example(Host(tmp_path, fetch=no_network, ask_passphrase=lambda what: None))
    assert [finding.level for finding in plugin.check()] == ["ok"]
    assert plugin.keys.list() == ()
    with pytest.raises(MailError):
        plugin.seal(b"", sign_with=None, encrypt_to=(), cancel=None)


def test_the_entry_point_of_the_documentation_is_the_one_that_is_looked_for() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    for group in project["entry-points"]:
        assert f'[project.entry-points."{group}"]' in text_of("docs/plugins.md")


@pytest.mark.parametrize(("name", "command"), list(commands(cli)), ids=lambda value: str(value))
def test_help_has_an_example_of_the_very_command(name: str, command: click.Command) -> None:
    told = " ".join((command.help or "").split())
    if not isinstance(command, click.Group):
        assert "Example: " in told, f"{name} has no example"
        assert name in told.rpartition("Example: ")[2], f"{name}: another command's example"
    for option in command.params:
        example = (getattr(option, "help", "") or "").rpartition("Example: ")[2]
        if example.startswith("mailclient "):
            assert example.startswith(f"mailclient {name}"), f"{name} {option.name}: {example}"
