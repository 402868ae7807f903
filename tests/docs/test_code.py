"""Code in the documents is what the program takes, and what is marked to be run runs."""

import argparse
import re
import shlex
import tomllib
from pathlib import Path
from textwrap import dedent

import pytest

from docs.pages import ROOT, Block, inline_code, pages, read
from planner.app import main as command_line
from planner.app.parser import build_parser
from planner.domain.errors import UsageError

COMMANDS = [
    (block, command)
    for page in pages()
    for block in read(page)[1]
    if block.language in ("console", "sh")
    for command in (
        line.removeprefix("$ ")
        for line in block.text.replace("\\\n", " ").splitlines()
        if block.language == "sh" or line.startswith("$ ")
    )
    if command.strip() and not command.lstrip().startswith("#")
]
TABLES = [block for page in pages() for block in read(page)[1] if block.language == "toml"]
RUN = {page: found for page in pages() if (found := [one for one in read(page)[1] if one.is_run])}
PLACE = re.compile(r"[\w.*-]+(/[\w.*-]+)*/?")
"""Code within a line that may be a file or a folder of the project."""

TOPS = ("src", "tests", "resources", "packaging", "docs", "sample_data", "changelog.d")
STARTED = ("packaging/start.py", "run")


def named(block: Block) -> str:
    return f"{block.page.relative_to(ROOT)}:{block.line}"


def words_of(command: str) -> list[str]:
    """The words of a command, as a shell makes them, without what is set before it."""
    words = shlex.split(command, comments=True)
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words.pop(0)
    return words


def planner_words(command: str) -> list[str] | None:
    """The words behind ``planner``, or ``None`` for another command."""
    words = words_of(command)
    if words and words[0] == "planner":
        return words[1:]
    return words[3:] if tuple(words[1:3]) == STARTED else None


def check(command: str) -> None:
    """Raise or fail where a command is none."""
    words = planner_words(command)
    if words is not None:
        if not {"--help", "--version"} & set(words):  # these two leave the process
            build_parser().parse_args(words)
        return
    for word in words_of(command):
        if re.search(r"\.(py|sh)$", word):
            assert (ROOT / word).is_file(), f"{word} is not there"


@pytest.mark.parametrize(("block", "command"), COMMANDS, ids=lambda one: getattr(one, "line", one))
def test_that_every_command_of_the_documents_is_one(block: Block, command: str) -> None:
    try:
        check(command)
    except (UsageError, AssertionError) as error:
        pytest.fail(f"{named(block)}: {command}: {error}")


@pytest.mark.parametrize("command", ["planner segmnt CT", "planner plan CT --levl L3"])
def test_that_a_command_the_program_does_not_know_is_found(command: str) -> None:
    with pytest.raises(UsageError):
        check(command)


def test_that_a_script_that_is_gone_is_found() -> None:
    with pytest.raises(AssertionError, match=r"gone\.py is not there"):
        check("python3 packaging/gone.py demo")


def options_of(words: list[str]) -> set[str]:
    """The options of the command that words begin with."""
    parser = build_parser()
    for word in words:
        verbs = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
        if not verbs or word not in verbs[0].choices:
            assert not (verbs and re.fullmatch(r"[a-z]+", word)), f"there is no command {word}"
            break
        parser = verbs[0].choices[word]
    return {option for action in parser._actions for option in action.option_strings}


def unknown(code: str) -> set[str]:
    """Options in a piece of code that the command it names has not."""
    words = re.sub(r"[\[\]()|]", " ", code).split()[1:]
    if not words:
        return set()
    return {word for word in words if word.startswith("--")} - options_of(words)


def test_that_commands_named_in_a_line_have_the_options_they_are_named_with() -> None:
    wrong, seen = [], 0
    for page in pages():
        if page.parent.name == "adr":
            continue  # a decision tells of its day
        for number, code in inline_code(page):
            if re.match(r"planner( |$)", code):
                seen += 1
                if lost := unknown(code):
                    wrong.append(f"{page.relative_to(ROOT)}:{number}: {code}: {sorted(lost)}")
    assert seen > 20
    assert wrong == []


def test_that_an_option_that_is_gone_is_found_in_a_line() -> None:
    assert unknown("planner pacs send FILE [--note N]") == {"--note"}
    with pytest.raises(AssertionError, match="no command"):
        unknown("planner pacs post FILE")


def is_lost(code: str) -> bool:
    """Tell whether a piece of code names a file or a folder of the project that is not there.

    A file may be named from the root, from ``src/planner``, ``tests`` or ``packaging``, or by its
    name alone; a part in capitals stands for a name.
    """
    if not PLACE.fullmatch(code) or re.search(r"(?<![A-Za-z])[A-Z]{2,}(?![A-Za-z])", code):
        return False
    if code.split("/", maxsplit=1)[0] in TOPS and "/" in code:
        return not any(ROOT.glob(code.rstrip("/")))
    if not re.fullmatch(r"[a-z0-9_/]+\.py", code):
        return False
    folders = ("src/planner", "tests", "packaging")
    return not any(any((ROOT / folder).glob(f"**/{code}")) for folder in folders)


def test_that_every_file_that_a_page_names_is_there() -> None:
    places = [
        (page, number, code)
        for page in pages()
        if page.parent.name != "adr"
        for number, code in inline_code(page)
        if "/" in code or code.endswith(".py")
    ]
    assert len(places) > 100
    assert [
        f"{page.relative_to(ROOT)}:{number}: {code}"
        for page, number, code in places
        if is_lost(code)
    ] == []


@pytest.mark.parametrize(
    "code", ["src/planner/gone.py", "tests/gone", "safety/gone.py", "gone.py"]
)
def test_that_a_file_that_is_gone_is_found(code: str) -> None:
    assert is_lost(code)


@pytest.mark.parametrize("code", ["start.py", "resources/rules/FAMILY.toml", "mm/s", "a/b.c"])
def test_that_what_is_there_or_names_no_file_is_let_be(code: str) -> None:
    assert not is_lost(code)


BOLD = re.compile(r"\*\*([A-Z][^*]+?)[.,:]?\*\*")


def bold_words() -> list[tuple[Path, int, str]]:
    """What tutorials and how-to set in bold: words on the screen."""
    return [
        (page, number, words)
        for page in pages()
        if page.parent.name in ("tutorial", "how-to")
        for number, line in read(page)[0]
        for words in BOLD.findall(line)
        if not re.match(r" *\d+\. +\*\*", line)  # the head of a step
    ]


def test_that_every_button_that_a_page_names_is_on_the_screen() -> None:
    rooms = [ROOT / "src/planner" / room for room in ("viewer", "session", "report")]
    said = " ".join(
        path.read_text(encoding="utf-8") for room in rooms for path in sorted(room.rglob("*.py"))
    )
    words = bold_words()
    assert len(words) > 50
    assert [
        f"{page.relative_to(ROOT)}:{number}: {word}"
        for page, number, word in words
        if not all(part in said for part in word.split(", "))
    ] == []


def run_commands(block: Block, capsys: pytest.CaptureFixture[str]) -> int:
    """Run the commands of a block; what follows one must be in what it prints."""
    ran = 0
    for part in re.split(r"^\$ ", block.text.replace("\\\n", " "), flags=re.MULTILINE)[1:]:
        command, *wanted = part.splitlines()
        words = planner_words(command)
        assert words, f"{named(block)}: only commands of planner are run"
        assert command_line.main(words) == 0, f"{named(block)}: {command}"
        said = capsys.readouterr().out
        assert [one for one in wanted if one.strip() not in said] == [], said
        ran += 1
    return ran


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.stem)
def test_that_what_a_page_marks_to_be_run_runs_in_its_order(
    page: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLANNER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PLANNER_CACHE", str(tmp_path / "cache"))
    for block in RUN[page]:
        if block.language == "python":
            exec(compile(block.text, named(block), "exec"), {})
        else:
            assert run_commands(block, capsys), named(block)


@pytest.mark.parametrize("block", TABLES, ids=named)
def test_that_every_table_can_be_read(block: Block) -> None:
    assert tomllib.loads(dedent(block.text))


def test_that_something_is_run() -> None:
    assert {block.language for page in RUN.values() for block in page} == {"console", "python"}
