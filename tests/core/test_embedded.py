"""The model that ships: the obvious word wins, texts differ, the folder is small, the card's figures are its own."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.catalog import CATALOG
from core.combine import merge_tokens
from core.models import load_classifier
from core.pipeline import analyse
from core.records import Query, Settings

FOLDER = CATALOG["sentiment"].path

# sentence, the word that decides it, the class
OBVIOUS = [
    ("The acting in this film is wonderful.", "wonderful", "positive"),
    ("We found the whole story boring.", "boring", "negative"),
    ("The soundtrack by the young composer is superb.", "superb", "positive"),
    ("What an awful way to spend an evening.", "awful", "negative"),
    ("The second half of the movie is terrible.", "terrible", "negative"),
    ("The lead gives a brilliant performance.", "brilliant", "positive"),
    ("It is a dull film about a family in Ohio.", "dull", "negative"),
    ("The camera work is gorgeous from first to last.", "gorgeous", "positive"),
    ("The plot of this sequel is stupid.", "stupid", "negative"),
    ("Her new picture is a delightful comedy.", "delightful", "positive"),
    ("The dialogue between the brothers is lifeless.", "lifeless", "negative"),
    ("He made an excellent film on a small budget.", "excellent", "positive"),
    ("The last thirty minutes are tedious.", "tedious", "negative"),
    ("This documentary about bees is fascinating.", "fascinating", "positive"),
    ("This remake is a worthless film.", "worthless", "negative"),
    ("The director tells the story in a charming way.", "charming", "positive"),
    ("The jokes in the first act are lame.", "lame", "negative"),
    ("The story of the two sisters is touching.", "touching", "positive"),
    ("The result is a mess.", "mess", "negative"),
    ("The duel at the end is thrilling.", "thrilling", "positive"),
    ("All of the characters are bland.", "bland", "negative"),
    ("The script by the author is hilarious.", "hilarious", "positive"),
    ("The special effects look pathetic.", "pathetic", "negative"),
    ("The film shows us a beautiful country.", "beautiful", "positive"),
    ("The voice of the narrator is annoying.", "annoying", "negative"),
    ("The child in the main role is amazing.", "amazing", "positive"),
    ("The ending they chose is ridiculous.", "ridiculous", "negative"),
    ("The cast of this small film is terrific.", "terrific", "positive"),
    ("The adaptation of the novel is horrible.", "horrible", "negative"),
    ("The music in the train scene is lovely.", "lovely", "positive"),
]


@pytest.fixture(scope="module")
def classifier():
    return load_classifier(CATALOG["sentiment"])


@pytest.fixture(scope="module")
def reports(classifier):
    return {text: analyse(classifier, Query("sentiment", text, settings=Settings(methods=("faithful",)))) for text, _, _ in OBVIOUS}


def winner(report, method: str) -> str:
    """The word with the highest score at the method's recommended layer."""
    scores = merge_tokens(report.maps[method].at(report.choices[method].layer), report.tokens)
    return report.word_texts[int(scores.argmax())]


@pytest.mark.parametrize("text, word, label", OBVIOUS)
def test_the_obvious_word_wins(reports, text, word, label):
    report = reports[text]
    assert report.prediction.labels[report.prediction.predicted] == label
    assert winner(report, "decoded") == word
    assert winner(report, "faithful") == word


def test_scores_differ_between_texts(reports):
    """No two texts of the same length share a map."""
    maps = [report.maps["decoded"].scores for report in reports.values()]
    same = [(a, b) for i, a in enumerate(maps) for b in maps[:i] if a.shape == b.shape and np.allclose(a, b, rtol=1e-3)]
    assert not same


def test_every_layer_but_the_last_can_be_read(reports):
    """The head recovers most words at every layer but the last, which fine-tuning gave to the decision at [CLS]."""
    recovered = np.mean([report.profiles["own_top1"].values for report in reports.values()], axis=0)
    assert recovered[0] > 0.95 and recovered[:-1].min() > 0.75, recovered


def test_swapping_the_class_swaps_the_signs(classifier):
    """With two classes, positive rather than negative is the negative of negative rather than positive."""
    text = "A wonderful cast in a dull film."
    one = analyse(classifier, Query("sentiment", text, "positive", "negative")).maps["undecoded"].scores
    other = analyse(classifier, Query("sentiment", text, "negative", "positive")).maps["undecoded"].scores
    np.testing.assert_allclose(one, -other, atol=1e-4 * np.abs(one).max())


def test_the_folder_is_small_and_holds_no_pickle():
    files = [file for file in FOLDER.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 50e6
    assert not [file for file in files if file.suffix in (".bin", ".pt", ".pth", ".pkl")]


def test_the_card_keeps_its_promises():
    """metrics.json, from which the card is written, meets what the project asks of the model."""
    metrics = json.loads((FOLDER / "metrics.json").read_text())
    card = (FOLDER / "README.md").read_text()
    accuracy = metrics["accuracy"]["dev"]["accuracy"]
    assert accuracy >= 0.905
    assert f"{accuracy:.4f}" in card
    assert not [word for word in ("/tmp/", str(Path.home()), str(Path.cwd())) if word in card]
