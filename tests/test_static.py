"""The sources as ruff (security rules among them) and mypy (strict, over the engine) see them: settings and exceptions in pyproject.toml."""

import re
import subprocess
import sys
import tomllib

from tests.test_layering import ROOT, files_of, name_of

PATIENCE = 900  # seconds: mypy reads all of torch and transformers the first time


def said_by(*command: str) -> tuple[int, str]:
    """How a tool ended, and what it wrote."""
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    return done.returncode, done.stdout + done.stderr


def test_ruff_finds_nothing():
    code, said = said_by("ruff", "check", "core", "dashboard", "tests", "--output-format", "concise", "--no-cache")
    assert code == 0, said


def test_mypy_finds_nothing_in_the_engine():
    code, said = said_by("mypy", "--no-error-summary")
    assert code == 0, said


def test_both_would_find_something(tmp_path):
    """That they run as they should: on a file that each has something to say about."""
    file = tmp_path / "made.py"
    file.write_text("import pickle\n\ndef read(data):\n    return pickle.loads(data)\n")
    code, said = said_by("ruff", "check", str(file), "--config", str(ROOT / "pyproject.toml"), "--output-format", "concise", "--no-cache")
    assert code == 1 and "S301" in said
    strict = ["--strict", "--config-file", "", "--cache-dir", str(tmp_path / "cache")]
    code, said = said_by("mypy", *strict, str(file))
    assert code == 1 and "no-untyped-def" in said


def test_every_exception_names_its_rule_and_its_reason():
    """No `noqa` or `type: ignore` without a code, and in the program none without a word why."""
    found = []
    for file in files_of("core", "dashboard"):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            for mark, code in ((r"# noqa", r"# noqa: [A-Z]+\d+(, [A-Z]+\d+)*"), (r"# type: ignore", r"# type: ignore\[[a-z-]+\]")):
                if re.search(mark, line) and not re.search(code + r"\W+\w+", line):
                    found.append(f"{name_of(file)}:{number}")
    assert found == []


def test_what_is_not_checked_is_named():
    """The rest of pyproject.toml leaves strict mode on: exceptions name their modules and the kinds of errors."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert settings["mypy"]["strict"] is True and settings["mypy"]["packages"] == ["core"]
    assert {"E", "F", "S", "B", "BLE"} <= set(settings["ruff"]["lint"]["select"])
    assert not [rule for rule in settings["ruff"]["lint"]["ignore"] if rule.startswith(("S", "F")) and not rule.startswith("SIM")]
    relaxed = {"warn_return_any", "untyped_calls_exclude", "overrides"}
    assert settings["mypy"].keys() == {"packages", "strict", "python_version", *relaxed}
    of_others = [*settings["mypy"]["untyped_calls_exclude"]]
    for exception in settings["mypy"]["overrides"]:
        assert exception.keys() == {"module", "ignore_missing_imports"}, exception
        of_others += exception["module"]
    assert not {name.partition(".")[0] for name in of_others} & {"*", "core", "dashboard", "tests"}
