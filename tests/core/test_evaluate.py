"""Many texts: what is measured on each, what is summed up, and that a run which stops goes on."""

import copy
import json

import numpy as np
import pytest

from core import measure
from core.__main__ import main
from core.baselines import run_method
from core.bootstrap import mean_interval
from core.cards import WALL
from core.case import open_case
from core.compare import compare
from core.errors import DataError, MethodError
from core.evaluate import evaluate, plan_methods
from core.labelled import read_labelled
from core.measure import Plan, measure_text
from core.partial_results import PartialResults
from core.records import Query
from core.removal import MaskedTexts
from core.saliency import seed_of, seeds_of_series
from core.tally import CURVES, FIGURES, differences, tally

REVIEWS = (
    ("a superb and moving film", "positive"),
    ("dull , far too long and dreadful", "negative"),
    ("the acting is superb , the plot is not", "positive"),
    ("a tedious mess", "negative"),
    ("warm , funny and wise", "positive"),
)
METHODS = ("decoded", "faithful", "leave_one_out", "input_gradient_norm", "random")


@pytest.fixture(scope="module")
def reviews(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "reviews.tsv"
    path.write_text("text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in REVIEWS), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def tiny(classifier_of):
    return classifier_of("bert")


@pytest.fixture(scope="module")
def sentiment():
    from core.catalog import find_model
    from core.models import load_classifier

    return load_classifier(find_model("sentiment"), device="cpu")


def without_clock(result):
    """A copy without what a clock gave."""
    if isinstance(result, dict):
        return {key: without_clock(value) for key, value in result.items() if key not in ("seconds", "passes", "pass_seconds")}
    return [without_clock(value) for value in result] if isinstance(result, list) else result


def test_games_of_one_text_are_those_of_the_page(tiny, reviews):
    """`compare`, one operator at a time, is the other route to the same figures."""
    text = read_labelled(reviews).texts[1]
    record = measure_text(tiny, text, {"negative": 0, "positive": 2}, plan_methods(METHODS, ("mask",)))
    page = compare(tiny, Query(tiny.spec.name, text.text), METHODS)
    for name in METHODS:
        found, game = record["methods"][name]["games"]["mask"], page.games[name]
        for figure in measure.FIGURES:
            assert found[figure] == pytest.approx(getattr(game, figure), abs=1e-6)
        assert found["hide"] == pytest.approx(game.hide.tolist(), abs=1e-6)
        layers = [layer.faithfulness for layer in page.layer_games.get(name, ())]
        assert found["layers"][:-1] == pytest.approx(layers[:-1], abs=1e-6)  # at the last all words tie: order is chance
    assert record["methods"]["leave_one_out"]["games"]["mask"]["leave_one_out"] == pytest.approx(1.0)
    assert record["predicted"] == page.prediction.labels[page.prediction.target]


def test_games_with_words_left_out_are_those_of_shorter_texts(sentiment):
    """φ by hand: the words of highest score left out of the string, which is tokenised anew."""
    from core.labelled import LabelledText

    text = LabelledText(1, "a superb and moving film", "positive")
    record = measure_text(sentiment, text, {"positive": 1}, plan_methods(("leave_one_out",), ("mask", "delete")))
    case = open_case(sentiment, Query("sentiment", text.text))
    order = np.argsort(-run_method(case, "leave_one_out").scores)
    words = np.array(text.text.split())

    def says(kept):
        query = Query("sentiment", " ".join(words[np.sort(kept)]), target=sentiment.labels[case.target])
        return open_case(sentiment, query).prediction.outputs[case.target]

    sizes = [1, 1, 1, 2, 3]  # 5, 10, 20, 30, 50 % of five words, rounded up
    by_hand = np.mean([says(order[:k]) for k in sizes]) - np.mean([says(order[k:]) for k in sizes])
    games = record["methods"]["leave_one_out"]["games"]
    assert games["delete"]["faithfulness"] == pytest.approx(by_hand, abs=1e-5)
    assert games["mask"]["faithfulness"] != pytest.approx(by_hand, abs=1e-3)


def test_rows_are_each_method_s_own(tiny, reviews):
    """Whatever another method asked before, nothing is remembered for it."""
    text = read_labelled(reviews).texts[0]
    alone = measure_text(tiny, text, {"positive": 2}, plan_methods(("ridge_shap",)))["methods"]["ridge_shap"]
    after = measure_text(tiny, text, {"positive": 2}, plan_methods(("leave_one_out", "lime", "ridge_shap")))["methods"]
    assert after["ridge_shap"]["forwards"] == alone["forwards"] == 200
    assert after["leave_one_out"]["forwards"] == 6 and alone["backwards"] == 0


def test_a_run_that_was_stopped_goes_on_and_ends_the_same(tiny, reviews, tmp_path):
    data, plan = read_labelled(reviews), plan_methods(METHODS, ("mask", "delete"), series=2)
    whole = evaluate(tiny, data, plan, 4, 3, tmp_path / "whole.json", lambda *_: None)
    seen = []

    def stop(stage, share):
        seen.append(stage)
        if stage.startswith("Text 3"):
            raise KeyboardInterrupt

    target = tmp_path / "parts.json"
    with pytest.raises(KeyboardInterrupt):
        evaluate(tiny, data, plan, 4, 3, target, stop)
    partial = tmp_path / "parts.json.partial"
    assert not target.exists() and len(partial.read_text().splitlines()) == 3  # the question and two texts
    partial.write_bytes(partial.read_bytes() + b'{"row": 4, "torn')
    rest = []
    parts = evaluate(tiny, data, plan, 4, 3, target, lambda stage, share: rest.append(stage))
    assert rest[0].startswith("Text 3 of 4") and not partial.exists()
    assert without_clock(parts) == without_clock(whole)
    written = [json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "whole.json", target)]
    assert without_clock(written[0]) == without_clock(written[1])


def test_answers_to_another_question_are_not_mixed_in(tiny, reviews, tmp_path):
    data, target = read_labelled(reviews), tmp_path / "a.json"
    PartialResults(tmp_path / "a.json.partial", {"data": data.fingerprint}).add({"row": 1})
    before = (tmp_path / "a.json.partial").read_bytes()
    with pytest.raises(DataError, match="methods.*differ"):
        evaluate(tiny, data, plan_methods(("random",)), 2, 0, target, lambda *_: None)
    assert (tmp_path / "a.json.partial").read_bytes() == before


def test_a_torn_line_is_dropped_wherever_it_was_cut(tmp_path):
    path, rows = tmp_path / "a.partial", [{"row": 1, "x": [0.1, 1 / 3]}, {"row": 2, "x": None}]
    kept = PartialResults(path, {"q": (1, 2)})
    for row in rows:
        kept.add(row)
    whole = path.read_bytes()
    ends = [i + 1 for i, byte in enumerate(whole) if byte == ord("\n")]
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        again = PartialResults(path, {"q": (1, 2)})
        assert again.records == rows[: max(0, sum(end <= length for end in ends) - 1)]
        for row in rows[len(again.records) :]:
            again.add(row)
        assert path.read_bytes() == whole


def test_figures_are_means_with_intervals_around_them(tiny, reviews, tmp_path):
    summary = evaluate(tiny, read_labelled(reviews), plan_methods(METHODS, ("mask", "delete")), 9, 0, tmp_path / "a.json", lambda *_: None, "random")
    records = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["records"]
    assert summary["texts"] == len(records) == 5
    for name in METHODS:
        for how in ("mask", "delete"):
            phi = [record["methods"][name]["games"][how]["faithfulness"] for record in records]
            found = summary["methods"][name]["games"][how]["faithfulness"]
            assert found["mean"] == pytest.approx(np.mean(phi)) and found["low"] <= found["mean"] <= found["high"] and found["n"] == 5
            assert found["low"] == pytest.approx(float(mean_interval(phi).low))
            if name != "random":
                other = [record["methods"]["random"]["games"][how]["faithfulness"] for record in records]
                assert summary["differences"][name][how]["mean"] == pytest.approx(np.mean(phi) - np.mean(other))
    correct = np.mean([record["correct"] for record in records])
    assert summary["accuracy"]["mean"] == pytest.approx(correct)
    layers = summary["methods"]["decoded"]["games"]["mask"]["layers"]
    assert len(layers["mean"]) == tiny.layers + 1 and np.all(np.array(layers["low"]) <= layers["mean"])
    assert summary["methods"]["random"]["games"]["mask"]["layers"] is None
    assert summary["settings"]["revision"] == tiny.revision and set(summary["versions"]) >= {"torch"}


def test_one_text_has_a_mean_and_no_interval(tiny, reviews):
    record = measure_text(tiny, read_labelled(reviews).texts[0], {"positive": 2}, plan_methods(("random",)))
    found = tally([json.loads(json.dumps(record))])["methods"]["random"]["games"]["mask"]["faithfulness"]
    assert found["low"] is None and found["high"] is None and np.isfinite(found["mean"])


def test_other_seeds_concern_methods_with_chance_alone(tiny, reviews):
    text = read_labelled(reviews).texts[1]
    record = measure_text(tiny, text, {"negative": 0}, plan_methods(("decoded", "faithful", "ridge_shap", "random", "path"), (), series=3))
    steady = {name: row["stability"] for name, row in record["methods"].items()}
    assert steady["decoded"] is None and steady["path"] is None
    assert all(-1 <= steady[name]["spearman"] <= 1 and 0 <= steady[name]["same_top"] <= 1 for name in ("faithful", "ridge_shap", "random"))


def test_a_series_of_seeds_changes_draws_and_leaves_the_page_s_alone(tiny):
    def faithful():
        return run_method(open_case(tiny, Query(tiny.spec.name, REVIEWS[1][0])), "faithful").scores

    before, window = faithful(), open_case(tiny, Query(tiny.spec.name, REVIEWS[1][0])).windows[0]
    seed = seed_of(window)
    with seeds_of_series(1):
        assert seed_of(window) != seed
        assert not np.allclose(faithful(), before)
        with seeds_of_series(0):
            assert seed_of(window) == seed
    assert seed_of(window) == seed and np.array_equal(faithful(), before)


def test_marks_count_where_they_speak_for_the_class_explained(sentiment, tmp_path):
    rows = [
        {"text": "a superb and moving film", "label": "positive", "rationale": [0, 1, 0, 1, 0]},
        {"text": "a superb and moving film", "label": "negative", "rationale": [0, 1, 0, 1, 0]},
        {"text": "a superb and moving film", "label": "negative", "word_scores": {"positive": [0, 2, 0, 1, 0], "negative": [0, -2, 0, -1, 0]}},
        {"text": "a superb and moving film", "label": "positive", "rationale": [1, 1, 1, 1, 1]},
    ]
    path = tmp_path / "marked.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    classes = {"negative": 0, "positive": 1}
    records = [measure_text(sentiment, text, classes, plan_methods(("faithful",), ())) for text in read_labelled(path).texts]
    found = [record["methods"]["faithful"]["plausibility"] for record in records]
    assert [record["correct"] for record in records] == [True, False, False, True]
    assert found[1] is None and found[3] is None  # of the other class, and of every word
    assert found[0]["auroc"] == found[2]["auroc"] == 1.0 and found[0]["token_f1"] == 1.0


def test_what_fails_is_told_and_the_rest_stands(classifier_of, reviews):
    headless = classifier_of("bert-headless")

    def broken(case):
        raise ZeroDivisionError

    def refused(case):
        raise MethodError("Not today.")

    plan = plan_methods(("decoded", "random"))
    plan = Plan({**plan.runs, "broken": broken, "refused": refused})
    record = measure_text(headless, read_labelled(reviews).texts[0], {"positive": 2}, plan)
    assert set(record["methods"]) == {"random"} and record["refusals"]["refused"] == "Not today."
    assert "ZeroDivisionError" in record["refusals"]["broken"] and "head" in record["refusals"]["decoded"]
    summary = tally([record])
    assert summary["methods"]["decoded"]["texts"] == 0 and summary["methods"]["decoded"]["refused"] == 1
    assert differences([record], "decoded", "random") == {}


def test_a_text_that_can_t_be_read_is_told(tiny):
    from core.labelled import LabelledText

    record = measure_text(tiny, LabelledText(7, "\u200b\u200b", "positive"), {"positive": 2}, plan_methods(("random",)))
    assert record["unusable"].endswith(".") and "methods" not in record
    good = measure_text(tiny, LabelledText(8, "a film", "positive"), {"positive": 2}, plan_methods(("random",)))
    found = tally([record, good])
    assert found["unusable"] == {"7": record["unusable"]} and found["texts"] == 1


@pytest.fixture
def pairs(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("label,one,two\nentailment,A man sleeps.,Somebody is asleep.\n", encoding="utf-8")
    return path


def test_of_a_pair_both_texts_are_measured(tiny, pairs):
    text = read_labelled(pairs, "one", "label", "two").texts[0]
    record = measure_text(tiny, text, {"entailment": 0}, plan_methods(("leave_one_out",)))
    page = compare(tiny, Query(tiny.spec.name, text.text, text_pair=text.pair), ("leave_one_out",))
    assert record["words"] == len(page.words) == 8 and text.n_between_spaces == 6
    assert record["methods"]["leave_one_out"]["games"]["mask"]["hide"] == pytest.approx(page.games["leave_one_out"].hide.tolist(), abs=1e-6)


def test_a_model_that_reads_pairs_is_not_asked_about_one_text(variant_of, pairs, tmp_path):
    classifier, plan = variant_of("bert", ("contradiction", "neutral", "entailment")), plan_methods(("random",))
    with pytest.raises(DataError, match="reads two texts at once.*--pair-column[.]"):
        evaluate(classifier, read_labelled(pairs, "one"), plan, 9, 0, tmp_path / "a.json", lambda *_: None)
    assert not list(tmp_path.glob("a.json*"))
    summary = evaluate(classifier, read_labelled(pairs, "one", pair_column="two"), plan, 9, 0, tmp_path / "a.json", lambda *_: None, None, 6)
    assert summary["texts"] == 1
    with pytest.raises(DataError, match="--max-words"):
        evaluate(classifier, read_labelled(pairs, "one", pair_column="two"), plan, 9, 0, tmp_path / "a.json", lambda *_: None, None, 5)


def test_the_command_line_names_the_column_of_the_second_text(variant_folder, pairs, tmp_path, capsys):
    folder = variant_folder("bert", ("contradiction", "neutral", "entailment"))
    arguments = ["--data", str(pairs), "--model", str(folder), "--methods", "random", "--text-column", "one", "--json", str(tmp_path / "a.json")]
    assert main(["evaluate", *arguments]) == 2 and "--pair-column" in capsys.readouterr().err
    assert main(["evaluate", *arguments, "--pair-column", "two"]) == 0
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["records"][0]["words"] == 8


def test_a_text_whose_masked_copies_have_no_answer_is_told_and_the_run_goes_on(tiny, reviews, tmp_path, monkeypatch):
    said = MaskedTexts.says
    monkeypatch.setattr(MaskedTexts, "says", lambda self, keep: said(self, keep) * (np.nan if self.n_words == 3 else 1))
    summary = evaluate(tiny, read_labelled(reviews), plan_methods(("decoded", "random"), ("delete",)), 9, 0, tmp_path / "a.json", lambda *_: None)
    written = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert summary["texts"] == 4 and written["unusable"].keys() == {"4"}, "the fourth is “a tedious mess”"
    assert "no numbers" in written["unusable"]["4"] and written["unusable"]["4"].endswith("hide words another way.")


def test_values_have_no_label_that_could_be_kept(variant_of, reviews):
    text, figures = read_labelled(reviews).texts[1], []
    for kind in (None, "multi_label_classification"):
        record = measure_text(variant_of("bert", ("score",), kind), text, {"negative": 0}, plan_methods(("random",)))
        figures.append((record["methods"]["random"]["games"]["mask"], tally([record])["methods"]["random"]["games"]["mask"]))
    (values, summed), (labels, _) = figures
    assert values["hide_kept"] is values["reveal_kept"] is summed["hide_kept"] is summed["reveal_kept"] is None
    assert len(values["hide"]) == len(labels["hide_kept"]) == len(labels["reveal_kept"]) == 5


def test_every_figure_that_is_kept_is_summed_up(tiny, reviews):
    record = measure_text(tiny, read_labelled(reviews).texts[0], {"positive": 2}, plan_methods(("decoded",)))
    kept, summed = (found["methods"]["decoded"]["games"]["mask"].keys() for found in (record, tally([record])))
    assert kept - summed == {"whole", "empty"} and summed <= kept
    assert measure.FIGURES is FIGURES and measure.CURVES is CURVES, "one list of them"


def test_every_method_of_the_wall_on_the_command_line(family_of, reviews, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    bad = tmp_path / "bad.tsv"
    bad.write_text(reviews.read_text(encoding="utf-8") + "odd one\tangry\n", encoding="utf-8")
    arguments = ["--data", str(bad), "--model", str(family_of("bert").path), "--n", "2", "--removal", "mask", "delete", "--max-words", "6"]
    assert main(["evaluate", *arguments, "--json", str(tmp_path / "a.json")]) == 0
    shown, written = capsys.readouterr().out, json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert set(written["methods"]) == set(WALL) and written["texts"] == 2
    for name, row in written["methods"].items():
        assert (name in shown) and (row["texts"] == 2 or row["refusal"].endswith(".")), name
    assert written["settings"]["classes"] == {"negative": "negative", "positive": "positive"} and "taken" not in shown
    assert "Row 6" in shown and "“angry”" in written["unusable_rows"]["6"]
    assert all(len(record["methods"]) + len(record["refusals"]) == len(WALL) for record in written["records"])


def test_numbers_are_said_to_be_taken_for_classes(family_of, tmp_path, capsys):
    data = tmp_path / "a.csv"
    data.write_text("1,a film\n3,a play\n", encoding="utf-8")
    columns = "--text-column", "2", "--label-column", "1"
    arguments = ["--data", str(data), "--model", str(family_of("bert").path), "--methods", "random", *columns, "--json", str(tmp_path / "a.json")]
    assert main(["evaluate", *arguments]) == 0
    assert "1 as negative, 3 as positive" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"--methods": "magic"}, "magic"),
        ({"--data": "{folder}/none.tsv"}, "none.tsv"),
        ({"--json": "{folder}/none/a.json"}, "none"),
        ({"--model": "/no/such/folder"}, "/no/such/folder"),
        ({"--label-column": "class"}, "class"),
        ({"--reference": "fast"}, "fast"),
        ({"--max-words": "1"}, "--max-words"),
        ({"--label-column": "text"}, "none of the model's"),
    ],
)
def test_what_can_t_be_evaluated_ends_with_2_and_a_sentence(changes, said, family_of, reviews, tmp_path, capsys):
    arguments = {"--data": str(reviews), "--model": str(family_of("bert").path), "--methods": "random", "--json": str(tmp_path / "a.json")}
    arguments |= {name: value.format(folder=tmp_path) for name, value in changes.items()}
    assert main(["evaluate", *[part for pair in arguments.items() for part in pair]]) == 2
    shown = capsys.readouterr()
    assert said in shown.err and shown.err.strip().endswith(".") and "Traceback" not in shown.err and not (tmp_path / "a.json").exists()


def test_numbers_out_of_range_are_refused_before_anything_is_loaded(reviews, capsys):
    for flag in ("--n", "--series", "--max-words"):
        with pytest.raises(SystemExit):
            main(["evaluate", "--data", str(reviews), "--json", "a.json", flag, "0"])
        assert "at least 1" in capsys.readouterr().err


def test_records_are_not_changed_by_the_tally(tiny, reviews):
    record = measure_text(tiny, read_labelled(reviews).texts[0], {"positive": 2}, plan_methods(("random", "decoded")))
    before = copy.deepcopy(record)
    tally([record], "random")
    assert record == before
