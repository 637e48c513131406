"""The method table of a run: a sample that grows without changing, the same figures as `evaluate`'s, stop and go on, and the shell."""

import json
from dataclasses import replace

import pytest

from core.__main__ import main
from core.corpus import method_sample
from core.corpus.method_sample import measure_methods, sample_rows
from core.corpus.method_table import METHODS, MethodTable, n_measured, read_methods, write_methods
from core.corpus.run import start_run
from core.corpus.store import RunError, read_manifest
from core.errors import MethodError
from core.evaluate import plan_methods
from core.labelled import LabelledText
from core.measure import measure_text
from core.tables.format import SHELL_LIMITS
from core.turns import Cancelled
from tests.core.corpus_runs import settings_of, write_reviews

SOME = ("undecoded", "gradient_norm", "random")


@pytest.fixture(scope="module")
def tiny(classifier_of):
    return classifier_of("bert")


@pytest.fixture
def folder(tiny, tmp_path):
    """A finished run of 20 rows, of which row 7 could not be used."""
    start_run(tmp_path / "run", tiny, write_reviews(tmp_path / "reviews.csv", 20), settings_of(), SHELL_LIMITS)
    return tmp_path / "run"


def by_hand(phis: dict[str, float]) -> MethodTable:
    """A table with these φ."""
    one = {"mean": 1.0, "low": None, "high": None, "n": 1}
    methods = {
        name: {"texts": 3, "refused": 0, "refusal": None, "forwards": one, "backwards": one, "passes": {"median": 2.0},
               "games": {"mask": {"faithfulness": {"mean": phi, "low": phi - 0.1, "high": phi + 0.1, "n": 3}}}}
        for name, phi in phis.items()
    }  # fmt: skip
    methods["alti"] = {"texts": 0, "refused": 3, "refusal": "It has no attention."}
    return MethodTable([4, 2, 9], 0, "mask", 3, {"5": "Too odd."}, ["leave_one_out"], 0.1, methods, {"model": "m"})


def test_a_table_is_ranked_and_read_back(tmp_path):
    table = by_hand({"random": -0.1, "decoded": 0.3, "undecoded": 0.2})
    assert [line["method"] for line in table.lines()] == ["decoded", "undecoded", "random"]
    first = table.lines()[0]
    assert (first["phi"], first["texts"], first["passes"]) == (0.3, 3, 2.0) and first["low"] == pytest.approx(0.2)
    assert table.refusals == [("alti", 3, "It has no attention.")]
    assert read_methods(tmp_path) is None
    write_methods(tmp_path, table)
    assert read_methods(tmp_path).to_json() == table.to_json()
    whole = table.to_json()
    for broken in (
        "",
        "[]",
        "{}",
        whole.replace("methods/1", "methods/9"),
        whole.replace('"forwards"', '"backward"'),
        whole.replace('"rows"', '"row"'),
    ):
        (tmp_path / METHODS).write_text(broken)
        with pytest.raises(RunError, match="can't be read"):
            read_methods(tmp_path)


def test_a_sample_holds_usable_rows_and_grows_without_changing(folder):
    manifest = read_manifest(folder)
    numbers = [[row.number for row in sample_rows(folder, manifest, n)] for n in (3, 8, 500)]
    assert numbers[1][:3] == numbers[0] and numbers[2][:8] == numbers[1]
    assert sorted(numbers[2]) == [n for n in range(1, 21) if n != 7]
    other = replace(manifest, plan=replace(manifest.plan, settings=replace(manifest.plan.settings, seed=3)))
    assert [row.number for row in sample_rows(folder, other, 8)] != numbers[1]


def test_the_figures_are_those_of_evaluate(folder, tiny):
    table = measure_methods(folder, tiny, 3, SOME)
    rows = sample_rows(folder, read_manifest(folder), 3)
    assert table.rows == [row.number for row in rows] and table.texts == 3 and read_methods(folder).to_json() == table.to_json()
    classes = {name: at for at, name in enumerate(tiny.labels)}
    records = [measure_text(tiny, LabelledText(row.number, row.text, row.predicted), classes, plan_methods(SOME)) for row in rows]
    for name in SOME:
        own = [record["methods"][name]["games"]["mask"]["faithfulness"] for record in records]
        assert table.phi(table.methods[name])["mean"] == pytest.approx(sum(own) / 3, abs=1e-6), name
    assert {record["predicted"] for record in records} == {row.predicted for row in rows}
    assert [line["method"] for line in table.lines()] == [name for name, _ in table.ranked] and len(table.lines()) == 3
    assert table.methods["random"]["forwards"]["mean"] == 0 and table.methods["gradient_norm"]["passes"]["median"] >= 1


def test_random_is_always_there(folder, tiny):
    assert [name for name, _ in measure_methods(folder, tiny, 2, ("gradient_norm",)).ranked] != []
    assert set(read_methods(folder).methods) == {"gradient_norm", "random"}


def test_what_was_measured_before_a_stop_is_kept(folder, tiny, monkeypatch):
    measured = []
    monkeypatch.setattr(method_sample, "measure_text", lambda *args: measured.append(args[1].row) or measure_text(*args))

    def stop(stage, share):
        if stage.startswith("Row 3"):
            raise Cancelled

    with pytest.raises(Cancelled):
        measure_methods(folder, tiny, 4, SOME, stop)
    assert n_measured(folder) == 2 and read_methods(folder) is None and len(measured) == 2
    table = measure_methods(folder, tiny, 4, SOME)
    assert measured == table.rows and n_measured(folder) == 0 and table.texts == 4  # none twice


def test_another_question_begins_anew(folder, tiny):
    def stop(stage, share):
        if stage.startswith("Row 2"):
            raise Cancelled

    with pytest.raises(Cancelled):
        measure_methods(folder, tiny, 3, SOME, stop)
    table = measure_methods(folder, tiny, 3, ("undecoded",))
    assert set(table.methods) == {"undecoded", "random"} and table.texts == 3


def test_one_is_told_between_methods_and_never_within(folder, tiny, monkeypatch):
    said, within = [], []
    real = method_sample.run_method

    def watched(case, name):
        before = len(said)
        found = real(case, name)
        within.append(len(said) - before)
        return found

    monkeypatch.setattr(method_sample, "run_method", watched)
    measure_methods(folder, tiny, 2, ("leave_one_out",), lambda stage, share: said.append((stage, share)))
    assert within == [0] * 4 and any("Row 2 of 2 · Running “leave_one_out”" in stage for stage, _ in said)
    assert [share for _, share in said] == sorted(share for _, share in said)


def test_a_text_that_memory_does_not_hold_leaves_the_others(folder, tiny, monkeypatch):
    calls = []

    def full(*args):
        calls.append(args)
        if len(calls) == 1:
            raise MemoryError
        return measure_text(*args)

    monkeypatch.setattr(method_sample, "measure_text", full)
    table = measure_methods(folder, tiny, 2, SOME)
    assert table.texts == 1 and table.unusable == {str(table.rows[0]): method_sample.NO_MEMORY}


def test_long_texts_leave_the_slow_ones_out(folder, monkeypatch):
    rows = sample_rows(folder, read_manifest(folder), 3)
    names, left_out = method_sample._names(rows)
    assert left_out == [] and {"faithful", "leave_one_out", "random"} <= set(names)
    monkeypatch.setattr("core.cards.LONG", 2)
    assert set(method_sample._names(rows)[1]) == {"leave_one_out", "alti"}


def test_what_cannot_be_compared_is_a_sentence(folder, tiny, classifier_of):
    with pytest.raises(MethodError, match="no method “magic”"):
        measure_methods(folder, tiny, 2, ("magic",))
    with pytest.raises(RunError, match="model"):
        measure_methods(folder, classifier_of("distilbert"), 2, SOME)
    with pytest.raises(RunError, match="at least 1"):
        measure_methods(folder, tiny, 0, SOME)
    (folder / "chunks" / "000001.parquet").unlink()
    with pytest.raises(RunError, match="isn't finished"):
        measure_methods(folder, tiny, 2, SOME)


def test_from_the_shell(family_of, tmp_path, capsys):
    write_reviews(tmp_path / "reviews.csv", 9)
    words = ["--file", tmp_path / "reviews.csv", "--text-column", "text", "--model", family_of("bert").path, "--out", tmp_path / "run",
             "--coherence-sample", 0, "--faithfulness-sample", 0]  # fmt: skip
    words = list(map(str, words))
    for wrong, told in (
        (["--methods", "decoded"], "--methods-sample N too"),
        (["--methods-sample", "-1"], "at least 0"),
        (["--methods-sample", "2", "--methods", "decoded,magic"], "no method “magic”"),
        (["--methods-sample", "2", "--methods", ","], "no method “”"),
    ):
        assert main([*words, *wrong]) == 2 and not (tmp_path / "run").exists()
        assert told in capsys.readouterr().err
    assert main(words) == 0 and not (tmp_path / "run" / METHODS).exists()
    assert "Methods on" not in capsys.readouterr().out
    assert main([*words, "--resume", "--methods-sample", "2", "--methods", "undecoded, gradient_norm"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Methods on a sample of 2 rows" in shown and "× one pass" in shown and "methods.json" in shown
    assert list(json.loads((tmp_path / "run" / METHODS).read_text())["methods"]) == ["undecoded", "gradient_norm", "random"]
