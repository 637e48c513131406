"""The command line: a table, JSON, and one sentence where the question can't be answered."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core import memory
from core.__main__ import main
from core.catalog import CATALOG
from core.export import from_json
from core.labels import MULTI_LABEL
from tests.families import TEXT

ROOT = Path(__file__).resolve().parents[2]


def test_json_to_standard_output_is_a_report(family_of):
    """As a person starts it: a process of its own."""
    command = [sys.executable, "-m", "core", TEXT, "--model", str(family_of("bert").path), "--json", "-"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    report = from_json(done.stdout)
    assert report.query.text == TEXT and "decoded" in report.maps


def test_table_shows_every_layer_and_word(family_of, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    assert main([TEXT, "--model", str(family_of("bert").path), "--target", "neutral", "--against", "positive"]) == 0
    shown = capsys.readouterr().out
    for word in ("emb", "3", "superb", "dreadful", "neutral rather than positive", "★", "%", "revision"):
        assert word in shown


def test_method_and_file(family_of, tmp_path, capsys):
    model, target = str(family_of("bert").path), tmp_path / "report.json"
    assert main([TEXT, "--model", model, "--method", "fast", "--json", str(target)]) == 0
    assert "fast" in from_json(target.read_text(encoding="utf-8")).maps
    assert main([TEXT, "--model", model, "--method", "fast"]) == 0
    assert "stratified, fast" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["", "--model", "{model}"], "empty"),
        (["a text", "--model", "/no/such/folder"], "/no/such/folder"),
        (["a text", "--model", "{model}", "--target", "angry"], "angry"),
        (["a text", "--model", "{model}", "--method", "magic"], "magic"),
        (["a text", "--model", "{model}", "--json", "/no/such/folder/report.json"], "/no/such/folder"),
        (["a text", "--model", "{headless}", "--method", "decoded"], "decoded"),
    ],
)
def test_what_can_t_be_answered_ends_with_2_and_a_sentence(arguments, said, family_of, capsys):
    folders = {"model": family_of("bert").path, "headless": family_of("bert-headless").path}
    assert main([argument.format(**folders) for argument in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and said in captured.err
    assert captured.err.count("\n") == 1 and "Traceback" not in captured.err


def test_markup_of_the_table_is_not_taken_from_the_text(family_of, capsys, monkeypatch):
    """Square brackets mean styles to the table's library, not in a text."""
    monkeypatch.setenv("COLUMNS", "160")
    assert main(["[red]superb[/red] film", "--model", str(family_of("bert").path)]) == 0
    assert "superb" in capsys.readouterr().out


def test_a_pair_of_texts(variant_folder, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    model, target = str(variant_folder("bert")), tmp_path / "report.json"
    assert main([TEXT, "--pair", "Nobody laughed.", "--model", model, "--json", str(target)]) == 0
    assert from_json(target.read_text(encoding="utf-8")).query.text_pair == "Nobody laughed."
    assert main([TEXT, "--pair", "Nobody laughed.", "--model", model]) == 0
    shown = capsys.readouterr().out
    assert "superb" in shown and "laughed" in shown and "of the two texts" in shown
    assert not any("superb" in line and "laughed" in line for line in shown.splitlines()), "each text has a line of its own"
    assert main([TEXT, "--pair", "", "--model", model]) == 2
    assert "second text is empty" in capsys.readouterr().err


def test_a_value_is_told_without_percent(variant_folder, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    assert main([TEXT, "--model", str(variant_folder("bert", ("LABEL_0",), None))]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("score ") and "(on the model's own scale)" in first and "%" not in first
    assert any("raise the value" in line for line in rest)


def test_labels_have_a_probability_each(variant_folder, capsys):
    assert main([TEXT, "--model", str(variant_folder("bert", ("joy", "anger", "surprise"), MULTI_LABEL))]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert all(f"{label} " in first for label in ("joy", "anger", "surprise")) and first.count("%") == 3


# --- python -m core models ------------------------------------------------------------------------------------------
def test_the_catalog_is_listed_with_what_lies_here(capsys, monkeypatch, tmp_path):
    from huggingface_hub import constants

    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    assert main(["models"]) == 0
    rows = {line.split("│")[1].strip(): line.split("│")[3].strip() for line in capsys.readouterr().out.splitlines() if line.startswith("│")}
    assert rows["sentiment"] == "yes"
    assert set(CATALOG) <= set(rows) and all(rows[name].startswith("no") for name, spec in CATALOG.items() if spec.repo)


def test_a_model_of_the_hub_lies_here_once_its_weights_do(family_of, monkeypatch, tmp_path):
    import shutil

    from huggingface_hub import constants

    from core.model_spec import ModelSpec
    from core.models_command import tell_place

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    spec, commit = ModelSpec("org/tiny", "Tiny", "Tests.", repo="org/tiny", megabytes=3), "a" * 40
    assert tell_place(spec) == "no (3 MB)"
    snapshot = shutil.copytree(family_of("bert").path, tmp_path / "models--org--tiny" / "snapshots" / commit)
    refs = tmp_path / "models--org--tiny" / "refs"
    refs.mkdir()
    (refs / "main").write_text(commit)
    assert tell_place(spec) == "yes"
    (snapshot / "model.safetensors").unlink()
    assert tell_place(spec) == "in part"


@pytest.mark.parametrize(
    "key, said",
    [
        (("bert",), "one of 3 classes: negative, neutral, positive"),
        (("bert", ("joy", "anger", "surprise"), MULTI_LABEL), "each of 3 labels on its own: joy, anger, surprise"),
        (("bert", ("LABEL_0",), None), "1 value(s) on its own scale: score"),
        (("bert", ("entailment", "neutral", "contradiction"), None), "a pair of texts, 64 tokens at once"),
    ],
)
def test_the_card_of_a_model(key, said, variant_folder, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    assert main(["models", str(variant_folder(*key))]) == 0
    shown = capsys.readouterr()
    for word in (said, "bert", "3 layers", "width 32", "cpu", "revision", "language-model head"):
        assert word in shown.out
    assert shown.err == ""  # no terminal, no bar


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["models", "/no/such/folder"], "/no/such/folder"),
        (["models", "no-such-model"], "no-such-model"),
        (["models", "{model}", "--revision", "main"], "revision"),
        (["models", "{model}", "--head", "/no/such/folder"], "/no/such/folder"),
        (["a text", "--model", "{model}", "--revision", "main"], "revision"),
    ],
)
def test_models_that_can_t_be_had_end_with_2_and_a_sentence(arguments, said, family_of, capsys):
    assert main([argument.format(model=family_of("bert").path) for argument in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and said in captured.err
    assert captured.err.count("\n") == 1 and "Traceback" not in captured.err


@pytest.mark.parametrize("arguments", [["models", "{model}"], ["a text", "--model", "{model}"]])
def test_ctrl_c_ends_with_130_and_a_word(arguments, family_of, capsys, monkeypatch):
    """Pressed while the work tells how far it is."""
    from core import models

    def load(*_, progress, **__):
        progress("Reading weights", 0.5)
        raise KeyboardInterrupt

    monkeypatch.setattr(models, "load_classifier", load)
    assert main([argument.format(model=family_of("bert").path) for argument in arguments]) == 130
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err == "Stopped.\n"


def test_the_word_models_can_still_be_explained(family_of, capsys):
    assert main(["--model", str(family_of("bert").path), "--", "models"]) == 0
    assert "models" in capsys.readouterr().out


@pytest.mark.parametrize("flag", [("--revision", "main"), ("--head", "org/name"), ("--trust-pickle",)])
def test_flags_of_a_model_that_is_not_named_are_refused(flag, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["models", *flag])
    captured = capsys.readouterr()
    assert caught.value.code == 2 and captured.out == "" and "Add its NAME" in captured.err


@pytest.mark.parametrize("arguments", [["models", "{model}"], ["a text", "--model", "{model}"]])
@pytest.mark.parametrize("has_room", [True, False])
def test_what_does_not_fit_goes_to_the_processor_or_ends_with_a_sentence(arguments, has_room, family_of, capsys, monkeypatch):
    from core import devices, models

    load, places = models.load_classifier, []

    def try_to_load(spec, device, **more):
        places.append(device)
        if device != "cpu" or not has_room:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return load(spec, device, **more)

    monkeypatch.setattr(models, "load_classifier", try_to_load)
    monkeypatch.setattr(devices, "choose_device", lambda: "mps")
    monkeypatch.setattr(memory, "release_memory", lambda device: None)
    assert main([argument.format(model=family_of("bert").path) for argument in arguments]) == (0 if has_room else 2)
    captured = capsys.readouterr()
    assert places == ["mps", "cpu"]
    assert has_room or (captured.out == "" and captured.err.count("\n") == 1 and "smaller model" in captured.err)
