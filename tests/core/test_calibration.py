"""The calibrated layer: figures by another route, what is kept and read back, and that Explore uses it."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from core import calibration_store
from core.__main__ import main
from core.calibrate import LEAST, MOST, _Measured, calibrate, servable
from core.calibration import CALIBRATED, CONTRAST, RULES, TARGET, Calibration, find_calibration, from_json, to_json
from core.calibration_store import file_of, home, store, stored_calibrations
from core.catalog import CATALOG, EMBEDDED, find_model
from core.coherence import choose_layer, recommend
from core.combine import merge_tokens
from core.embedded.calibration_texts import CALIBRATION_TEXTS
from core.embedded.gallery import GALLERIES
from core.errors import MethodError, ReportError, TextError
from core.models import load_classifier
from core.pipeline import add_methods, analyse
from core.records import LayerProfile, Query

WORDS = ["superb", "dreadful", "acting", "plot", "film", "long", "short", "music", "cast", "ending"]
TEXTS = [f"The {one} is {other}, but the {WORDS[k - 3]} was far too {WORDS[k - 5]}." for k, (one, other) in enumerate(zip(WORDS, WORDS[4:] + WORDS[:4]))]


@pytest.fixture
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv(calibration_store.HOME_VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home"


def made(**changes) -> Calibration:
    state = dict(
        model="m", revision="abc", head="", method="undecoded", rule=TARGET, layer=2, phi=(-0.04, 0.1, 0.44, 0.3), low=(-0.1, 0.0, 0.4, 0.2),
        high=(0.0, 0.2, 0.48, 0.4), ties=(), random=-0.2, n_texts=32, removal="mask", source="",
    )  # fmt: skip
    return Calibration(**state | changes)


def phi_by_hand(classifier, text: str, method: str) -> np.ndarray:
    """(L) φ of one text: word scores from the report, ids masked here, the model asked one text at a time."""
    report = analyse(classifier, Query("", text))
    scores, word_of = merge_tokens(report.maps[method].scores, report.tokens), report.tokens.word_of
    ids, target, n_words = classifier.tokenizer(text)["input_ids"], report.prediction.target, scores.shape[1]

    def ask(hidden) -> float:
        masked = [classifier.tokenizer.mask_token_id if word in hidden else i for i, word in zip(ids, word_of.tolist())]
        return float(classifier.model(torch.tensor([masked])).logits.softmax(-1)[0, target])

    found = []
    for row in scores:
        order = np.argsort(-row).tolist()
        sizes = [max(1, -(-n_words * percent // 100)) for percent in (5, 10, 20, 30, 50)]
        found.append(np.mean([ask(order[k:]) - ask(order[:k]) for k in sizes]))
    return np.array(found)


def test_figures_are_those_of_another_route(classifier_of):
    """At every layer but the last, where a [CLS]-pooled model leaves all words tied."""
    classifier = classifier_of("bert")
    found = calibrate(classifier, TEXTS, ["gradient_norm"])["gradient_norm"]
    expected = np.mean([phi_by_hand(classifier, text, "gradient_norm") for text in TEXTS], axis=0)
    np.testing.assert_allclose(found.phi[:-1], expected[:-1], atol=2e-4)
    assert found.layer == int(np.argmax(found.phi)) and found.n_texts == len(TEXTS) == 10
    assert all(low <= phi <= high for low, phi, high in zip(found.low, found.phi, found.high))
    assert (found.revision, found.removal, found.rule, found.head) == (classifier.revision, "mask", TARGET, "")


def test_best_layer_ties_and_interval_by_hand():
    """Layer 1 beats layer 0 on every text by .5; layer 2 beats layer 1 on half of the texts, and loses by more on the others."""
    base = np.linspace(0.1, 0.4, 16)
    phi = np.stack([base - 0.5, base, base + np.tile([0.1, -0.12], 8)], axis=1)
    summary = _Measured({"path": list(phi)}, [-0.2] * 15 + [0.0]).summary("path", 0)
    assert summary["layer"] == 1 and summary["ties"] == (2,) and summary["n_texts"] == 16
    assert summary["phi"] == pytest.approx((-0.25, 0.25, 0.24)) and summary["random"] == pytest.approx(-0.1875)
    spread = 1.96 * base.std() / 4
    assert summary["low"][1] == pytest.approx(0.25 - spread, abs=0.01) and summary["high"][1] == pytest.approx(0.25 + spread, abs=0.01)


def test_a_contrast_explains_the_prediction_rather_than_the_runner_up(classifier_of):
    classifier = classifier_of("bert")
    target, contrast = (calibrate(classifier, TEXTS, ["undecoded"], rule=rule)["undecoded"] for rule in RULES)
    assert contrast.key == "undecoded/contrast" and target.key == "undecoded" and contrast.phi != target.phi


def test_what_cannot_be_calibrated_is_refused_in_a_sentence(classifier_of, variant_of):
    classifier = classifier_of("bert")
    with pytest.raises(TextError, match=r"7 of the 7 different texts.*at least 8"):
        calibrate(classifier, TEXTS[:7] * 3, ["undecoded"])
    for names in (["layer_mean"], ["nonsense"], []):
        with pytest.raises(MethodError, match="undecoded"):
            calibrate(classifier, TEXTS, names)
    with pytest.raises(MethodError, match="Known rules: target, contrast"):
        calibrate(classifier, TEXTS, ["undecoded"], rule="other")
    headless = dataclasses.replace(classifier, lm_head=None, missing_head="There is none.")
    assert "decoded" not in servable(headless) and "decoded" in servable(classifier)
    with pytest.raises(MethodError, match="There is none"):
        calibrate(headless, TEXTS, ["decoded"])
    with pytest.raises(MethodError, match="one output"):
        calibrate(dataclasses.replace(classifier, labels=("value",)), TEXTS, ["undecoded"], rule=CONTRAST)


def test_unusable_texts_are_skipped_and_told_of_by_number(classifier_of):
    found = calibrate(classifier_of("bert"), [*TEXTS[:8], "   ", "superb"], ["undecoded"])["undecoded"]
    assert found.n_texts == LEAST
    assert found.notes[0].startswith("That is few") and "numbers 9, 10" in found.notes[1] and "superb" not in str(found)


def test_at_most_32_texts_drawn_by_a_seed(classifier_of):
    texts = [f"{text} {word}" for text in TEXTS for word in WORDS[:4]]
    told = []
    one, same, other = (
        calibrate(classifier_of("bert"), texts, ["undecoded"], lambda *step: told.append(step), seed=seed)["undecoded"] for seed in (0, 0, 1)
    )
    assert one.n_texts == MOST == 32 and not one.notes
    assert one == same and one.phi != other.phi
    shares = [share for _, share in told[: len(told) // 3]]
    assert shares == sorted(shares) and shares[-1] <= 1 and "of 32" in told[0][0]


def test_the_sentence_holds_the_figures():
    said = made(source="reviews").sentence
    assert said == (
        "Layer 2 held up best when words were hidden and shown on 32 texts, reviews "
        "(score 0.44, 95 % 0.40 to 0.48; the embedding −0.04; random −0.20)."
    )
    best = made(layer=0, phi=(0.5, 0.1, 0.44, 0.3), ties=(2, 3)).sentence
    assert best.startswith("The embedding held up best") and "layer 3 0.30" in best and "layer 2 and layer 3 can't be told from it" in best
    assert "can't be told from a random order" in made(random=0.41).sentence


def test_json_and_back_is_the_same():
    both = (made(notes=("That is few.",), ties=(1, 3)), made(rule=CONTRAST, random=0))
    assert from_json(to_json(both)) == both


@pytest.mark.parametrize(
    "damage",
    [
        {"layer": 1}, {"layer": 9}, {"layer": "2"}, {"phi": [0.1, "x", 0.44, 0.3]}, {"phi": [0.1, None, 0.44, 0.3]}, {"low": [0.1]}, {"ties": [2]},
        {"ties": [7]}, {"method": "fast"}, {"method": 3}, {"rule": "x"}, {"removal": "x"}, {"n_texts": 0}, {"n_texts": 1.5}, {"random": float("nan")},
        {"phi": []}, {"source": None}, {"surplus": 1}, {"phi": 3}, {"notes": [1]}, {"method": []}, {"phi": {"a": 1}},
        {"random": 10**400},
    ],
    ids=lambda damage: str(damage)[:40],
)  # fmt: skip
def test_a_damaged_file_is_refused_in_a_sentence(damage):
    state = json.loads(to_json([made()]))
    state["calibrations"][0] |= damage
    with pytest.raises(ReportError, match="Calibrate again"):
        from_json(json.dumps(state))


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"schema": "x"}', '{"schema": "layer-saliency/calibration/1", "calibrations": [1]}', "[" * 10**5])
def test_what_is_no_calibration_is_refused_in_a_sentence(text):
    with pytest.raises(ReportError, match="no calibration that can be read"):
        from_json(text)


def test_the_folder_of_the_person(own_home, monkeypatch):
    assert home() == own_home
    monkeypatch.delenv(calibration_store.HOME_VARIABLE)
    monkeypatch.setattr(calibration_store.sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert str(home()) == "/somewhere/layer-saliency"
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert home().parts[-2:] == (".cache", "layer-saliency")
    names = {file_of(name, revision).name for name in ("../../etc/x", "a/b", "a-b", "a b", "ü" * 300) for revision in ("1", "2")}
    assert len(names) == 10 and all(len(name) < 100 and "/" not in name and not name.startswith(".") for name in names)


def test_what_is_stored_is_found_again_and_grows(own_home, classifier_of):
    classifier = classifier_of("bert")
    mine = dict(model=classifier.spec.name, revision=classifier.revision)
    first = store([made(**mine), made(**mine, method="decoded", head="elsewhere")])
    assert store([made(**mine, random=-0.3), made(**mine, method="path")]) == first
    assert [file.name for file in first.parent.iterdir()] == [first.name], "a draft was left behind"
    again = load_classifier(classifier.spec, device="cpu")
    assert set(again.calibrations) == {"undecoded", "path"}, "decoded was measured with another head"
    assert again.calibrations["undecoded"].random == -0.3 and again.calibration_note == ""
    found, _ = stored_calibrations(classifier.spec, classifier.revision, "elsewhere", 4)
    assert set(found) == {"undecoded", "path", "decoded"}
    report = analyse(again, Query("", TEXTS[0]))
    assert report.choices["undecoded"].rule == "calibrated" and report.choices["undecoded"].layer == 2
    assert report.choices["decoded"].rule == "content share"
    assert add_methods(again, report, ["path", "faithful"]).choices["path"].rule == "calibrated"


@pytest.mark.parametrize("broken", ["", "{", "\x00\xff", '{"schema": "layer-saliency/calibration/1", "calibrations": [{}]}', " " * 1_000_001])
def test_a_broken_file_is_told_of_and_replaced(own_home, classifier_of, broken):
    spec, revision = classifier_of("bert").spec, classifier_of("bert").revision
    file = file_of(spec.name, revision)
    file.parent.mkdir(parents=True)
    file.write_bytes(broken.encode("latin-1"))
    again = load_classifier(spec, device="cpu")
    assert again.calibrations == {} and file.name in again.calibration_note and again.calibration_note.endswith("Calibrate again.")
    store([made(model=spec.name, revision=revision)])
    assert set(load_classifier(spec, device="cpu").calibrations) == {"undecoded"}


def test_figures_of_other_weights_are_not_used(own_home):
    spec = CATALOG["sentiment"]
    file = file_of(spec.name, "new")
    calibration_store.write(file, [made(model=spec.name, revision="old")])
    found, said = stored_calibrations(spec, "new", "", 4)
    assert found == {} and "revision old" in said and "Calibrate again" in said
    with_other_depth = stored_calibrations(dataclasses.replace(spec, path=None, repo="a/b"), "old", "", 7)
    assert with_other_depth == ({}, ""), "another revision's file was read"


def test_ones_own_figures_come_before_those_shipped(own_home):
    spec = CATALOG["sentiment"]
    shipped, said = stored_calibrations(spec, from_json((EMBEDDED / "sentiment" / "calibration.json").read_text())[0].revision, "the same checkpoint", 7)
    assert said == "" and set(shipped) == {method if rule == TARGET else f"{method}/{rule}" for method in CALIBRATED for rule in RULES}
    mine = dataclasses.replace(shipped["undecoded"], n_texts=9, source="mine")
    store([mine])
    found, _ = stored_calibrations(spec, mine.revision, "the same checkpoint", 7)
    assert found["undecoded"] == mine and found["path"] == shipped["path"]


def test_a_folder_of_anybody_brings_no_calibration(own_home, family_of, tmp_path):
    """Its words would stand on the page."""
    import shutil

    folder = shutil.copytree(family_of("bert").path, tmp_path / "theirs")
    (folder / "calibration.json").write_text(to_json([made(revision=load_classifier(find_model(str(folder)), device="cpu").revision)]))
    assert load_classifier(find_model(str(folder)), device="cpu").calibrations == {}


def test_a_contrast_takes_its_own_calibration_or_says_that_it_has_none():
    share = LayerProfile("content_share", "", np.array([0.9, 0.5, 0.4, 0.0]), "share", True, "")
    alone, both = {"path": made(method="path")}, {"path": made(method="path"), "path/contrast": made(method="path", rule=CONTRAST, n_texts=20)}
    assert choose_layer("path", share, alone, True).reason.endswith("not for the contrast.")
    assert "20 texts" in choose_layer("path", share, both, True).reason and "32 texts" in choose_layer("path", share, both, False).reason
    assert choose_layer("path", share, {}, True).rule == "embedding"
    assert choose_layer("fast", share, alone).rule == "only row"
    assert choose_layer("path", dataclasses.replace(share, values=np.ones(9)), alone).rule == "embedding", "another number of layers"
    assert find_calibration({"path/contrast": made(method="path", rule=CONTRAST)}, "path", False) == (None, "")


def test_recommend_puts_other_choices_into_a_report(classifier_of):
    report = analyse(classifier_of("bert"), Query("", TEXTS[0]))
    changed = recommend(report, {"decoded": made(method="decoded", layer=1, phi=(0.1, 0.9, 0.44, 0.3))})
    assert changed.choice.layer == 1 and changed.choice.rule == "calibrated" and "0.90" in changed.choice.reason
    assert changed.choices["undecoded"] == report.choices["undecoded"] and changed.maps is report.maps
    assert recommend(changed, {}).choices == report.choices


MADE_AGAIN = {"sentiment": ["undecoded"], "news": ["gradient_norm"]}  # a method each: they take long


@pytest.mark.parametrize("name", CALIBRATION_TEXTS)
def test_the_embedded_models_ship_theirs(name):
    texts = CALIBRATION_TEXTS[name]
    assert len(texts) == len(set(texts)) == 32 and not set(texts) & set(GALLERIES[name].values())
    classifier = load_classifier(CATALOG[name], device="cpu", dtype="fp32")
    assert classifier.calibration_note == "" and len(classifier.calibrations) == len(CALIBRATED) * len(RULES)
    assert all(one.n_texts == 32 and one.model == name for one in classifier.calibrations.values())
    again = calibrate(classifier, texts, MADE_AGAIN[name])
    for method, found in again.items():
        np.testing.assert_allclose(found.phi, classifier.calibrations[method].phi, atol=0.02, err_msg="the shipped figures are out of date")
    report = analyse(classifier, Query(name, texts[0]))
    rules = {method: "calibrated" if method in CALIBRATED else "only row" for method in report.choices}
    assert {method: choice.rule for method, choice in report.choices.items()} == rules
    assert all(len(choice.reason) < 450 for choice in report.choices.values())


def test_the_command_keeps_figures_and_no_texts(own_home, family_of, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    lines, written = tmp_path / "texts.txt", tmp_path / "out.json"
    lines.write_text("\n\n".join(TEXTS), encoding="utf-8")
    model = str(family_of("bert").path)
    assert main(["calibrate", "--model", model, "--file", str(lines), "--method", "undecoded", "--json", str(written)]) == 0
    shown = " ".join(capsys.readouterr().out.split())  # a title is as wide as its table, whose widths the figures give
    assert "undecoded" in shown and "from texts.txt" in shown and "That is few" in shown
    (kept,) = (own_home / "calibration").iterdir()
    assert from_json(kept.read_text()) == from_json(written.read_text()) and len(from_json(kept.read_text())) == 2
    assert not [word for word in WORDS if word in kept.read_text()]
    assert set(load_classifier(find_model(model), device="cpu").calibrations) == {"undecoded", "undecoded/contrast"}


@pytest.mark.parametrize("content, words", [("one text\n" * 9, "at least 8"), (b"\xff\xfe", "UTF-8"), (None, "No such file")])
def test_the_command_refuses_in_a_sentence(own_home, family_of, tmp_path, capsys, content, words):
    file = tmp_path / "texts.txt"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert main(["calibrate", "--model", str(family_of("bert").path), "--file", str(file), "--method", "undecoded"]) == 2
    assert words in capsys.readouterr().err and not (own_home / "calibration").exists()


def test_pairs_are_split_at_tabs():
    from core.calibrate_command import split_pairs

    assert split_pairs(["a b\tc", "d\te f"]) == [("a b", "c"), ("d", "e f")]
    with pytest.raises(TextError, match="Text 2 has 0 tabs"):
        split_pairs(["a\tb", "c"])
