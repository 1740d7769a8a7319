"""The command line: what is said where, and how commands end."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from featviz import __version__
from featviz.cli import DEMO_LEAVES_OUT, main
from featviz.pipeline import build as pipeline
from featviz.progress import Stages
from featviz.settings import Settings
from tests.tiny import Tiny

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Runs a command in this process."""
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings of the builds that would have been done."""
    builds: list[Settings] = []
    monkeypatch.setattr(pipeline, "build", lambda settings, **rest: builds.append(settings))
    return builds


@pytest.fixture(scope="module")
def built(files: Tiny, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A site of the tiny model, built from options, and how that went."""
    out = tmp_path_factory.mktemp("site") / "out"
    options = {"model": files.model, "sae": files.sae_a, "sae-b": files.sae_b, "tokens": files.tokens, "out": out}
    return out, CliRunner().invoke(main, ["build", *(f"--{name}={value}" for name, value in options.items())])


@pytest.mark.parametrize("verb", sorted(main.commands))
def test_every_verb_shows_an_example(run: Run, verb: str) -> None:
    result = run(verb, "-h")
    assert result.exit_code == 0
    assert f"Example: featviz {verb}" in result.stdout


def test_the_verbs_are_listed(run: Run) -> None:
    listed = run("-h").stdout
    assert all(f"\n  {verb}" in listed for verb in main.commands)


def test_the_version(run: Run) -> None:
    assert run("--version").stdout == f"featviz, version {__version__}\n"


@pytest.mark.parametrize(
    ("verb", "beside", "left_out"),
    [
        ("build", {"config", "profile", "manifest", "engine", "address"}, ()),
        ("demo", set(), DEMO_LEAVES_OUT),
    ],
)
def test_every_setting_is_an_option_with_its_meaning(verb: str, beside: set[str], left_out: tuple[str, ...]) -> None:
    shown = {str(parameter.name): str(getattr(parameter, "help", "")) for parameter in main.commands[verb].params}
    settings = {item.name: item.metadata["help"] for item in fields(Settings) if item.name not in left_out}
    assert shown.keys() - beside == settings.keys()
    assert all(shown[name].startswith(meaning) for name, meaning in settings.items())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["build", "--modle", "x"], "No such option '--modle'. (Did you mean one of: '--model', '--profile'?)"),
        (["biuld"], "No such command 'biuld'. Did you mean 'build'?"),
        (["show"], "Missing argument 'BUNDLE'"),
        (["show", "x"], "Missing argument 'FEATURE'"),
        (["show", "x", "one"], "'one' is not a valid integer"),
        (["build", "--seed", "one"], "'one' is not a valid integer"),
        (["build", "--window", "wide"], 'neither a number of tokens nor "full"'),
        (["build", "--window", "9" * 5000], 'neither a number of tokens nor "full"'),
        (["build", "--model"], "requires an argument"),
        (["serve", "x", "--port", "65536"], "65536 is not in the range"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else None,
)
def test_a_command_that_cannot_be_understood_ends_with_2(run: Run, arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["build", "--top", "-1"], "top is -1, expected at least 0"),
        (["build", "--window", "-1"], "window is -1, expected at least 0"),
        (["build", "nothing.toml"], "nothing.toml does not exist"),
        (["show", "nothing", "1"], "nothing holds no manifest.json"),
        (["serve", "nothing"], "There is no folder nothing"),
    ],
    ids=str,
)
def test_a_command_that_cannot_be_done_ends_with_1(run: Run, arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ")
    assert said in result.stderr


def test_options_become_settings(run: Run, asked: list[Settings]) -> None:
    result = run("build", "--sae-b", "b", "--window", "full", "--no-bos", "--top", 7)
    assert result.exit_code == 0
    assert asked == [Settings(sae_b="b", window="full", bos=False, top=7)]


def test_an_sae_is_one_or_several(run: Run, asked: list[Settings]) -> None:
    run("build", "--sae", "a")
    run("build", "--sae", "a", "--sae", "L8=b")
    assert asked == [Settings(sae="a"), Settings(sae=("a", "L8=b"))]


def test_the_toml_in_this_folder_is_read(run: Run, asked: list[Settings], tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "featviz.toml").write_text('window = 3\nsae = "a"')
    monkeypatch.chdir(tmp_path)
    run("build")
    assert asked == [Settings(window=3, sae="a")]


def test_a_toml_is_read_where_it_is_and_options_win(run: Run, asked: list[Settings], tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('window = 3\nbos = false\nsae = "a"')
    run("build", tmp_path / "other.toml", "--window", 4, "--bos")
    assert asked == [Settings(window=4, bos=True, sae=str(tmp_path / "a"))]


def test_the_demo_takes_settings_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from featviz.demo import build

    asked: list[Settings] = []
    monkeypatch.setattr(build, "build_demo", asked.append)
    assert run("demo", "--top", 3).stdout == "The site is in build. To look at it: featviz serve build\n"
    assert asked == [Settings(top=3)]


def test_a_build_says_on_stdout_where_the_site_is_and_the_rest_on_stderr(built: tuple[Path, Result]) -> None:
    out, result = built
    assert result.exit_code == 0, result.stderr
    assert result.stdout == f"The site is in {out}. To look at it: featviz serve {out}\n"
    assert "capture" in result.stderr
    assert "total" in result.stderr


def test_what_was_built_is_whole(run: Run, built: tuple[Path, Result]) -> None:
    result = run("check", built[0])
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"{built[0]} is whole" in result.stdout


def test_show_prints_json_and_nothing_else(run: Run, built: tuple[Path, Result]) -> None:
    result = run("show", built[0], 11, "--sae", "B")
    assert (result.exit_code, result.stderr) == (0, "")
    record = json.loads(result.stdout)
    assert (record["sae"], record["feature"]) == ("B", 11)


@pytest.mark.parametrize(
    ("arguments", "said"), [(["48"], "its features are 0 … 47"), (["0", "--sae", "C"], 'has no SAE "C"; it has A, B')]
)
def test_show_says_what_there_is(run: Run, built: tuple[Path, Result], arguments: list[str], said: str) -> None:
    result = run("show", built[0], *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr


def test_labels_says_what_it_did(run: Run, built: tuple[Path, Result], tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("sae,feature,text\nB,3,three\n", encoding="utf-8")
    result = run("labels", built[0], tmp_path / "labels.csv")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "B: 1 of 48 features have a label, 1 changed\n"
    assert json.loads(run("show", built[0], 3, "--sae", "B").stdout)["label"]["text"] == "three"


def test_a_build_from_a_toml(run: Run, files: Tiny, tmp_path: Path) -> None:
    folders = {"model": files.model, "sae": files.sae_a, "tokens": files.tokens, "out": "site"}
    lines = [f'{key} = "{value}"' for key, value in folders.items()]
    (tmp_path / "mine.toml").write_text("\n".join([*lines, "top = 2", 'title = "Mine"']))
    result = run("build", tmp_path / "mine.toml")
    assert result.exit_code == 0, result.stderr
    manifest = json.loads((tmp_path / "site" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["title"], manifest["settings"]["top"]) == ("Mine", 2)


def test_a_profile_is_written_when_asked_for(run: Run, files: Tiny, tmp_path: Path) -> None:
    words = [
        "--model",
        files.model,
        "--sae",
        files.sae_a,
        "--tokens",
        files.tokens,
        "--features",
        "3",
        "--out",
        tmp_path / "site",
    ]
    result = run("build", *words, "--profile", tmp_path / "profile.json")
    assert result.exit_code == 0, result.stderr
    assert "effects A" in json.loads((tmp_path / "profile.json").read_text(encoding="utf-8"))["stages"]


def ends_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def end(settings: Settings, stages: Stages) -> None:
        raise error

    monkeypatch.setattr(pipeline, "build", end)


def test_ctrl_c_ends_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ends_with(monkeypatch, KeyboardInterrupt())
    result = run("build", "--out", "site")
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr.count("\n") == 1
    assert "Stopped. What is published in site is as it was" in result.stderr


def test_a_full_disk_ends_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ends_with(monkeypatch, OSError(28, "No space left on device", "site/index.html"))
    result = run("build")
    assert result.exit_code == 1
    assert re.fullmatch(
        r"Error: The disk of .* is full: index.html does not fit, .* run the same command again.\n", result.stderr
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--help"], 0, "Usage: "),
        (["build", "--modle", "x"], 2, "Did you mean one of: '--model', '--profile'?"),
        (["show", "nothing", "1"], 1, "Error: nothing holds no manifest.json"),
    ],
    ids=["help", "unknown", "missing"],
)
def test_the_module_is_the_command(tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    command = [sys.executable, "-m", "featviz", *arguments]
    root = Path(__file__).parents[1]
    answer = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env={"PYTHONPATH": str(root)}, check=False
    )
    assert answer.returncode == code
    assert said in answer.stdout + answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("piece", ["3", "a/b", "1/", "-1/4"])
def test_a_share_of_the_work_is_which_of_how_many(piece: str) -> None:
    result = CliRunner().invoke(main, ["work", f"--piece={piece}"])
    assert result.exit_code == 2
    assert "expected which of how many, such as 0/8" in result.output
