"""The models that ship: the obvious word wins, texts differ, the folders are small, the cards' figures are their own."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from core.catalog import CATALOG, EMBEDDED
from core.combine import merge_tokens
from core.embedded.training.card_text import write_card
from core.embedded.training.tasks import TASKS
from core.models import load_classifier
from core.pipeline import analyse
from core.records import Query, Settings

# model → sentence, the one word that decides it, the class
OBVIOUS = {
    "sentiment": [
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
    ],
    "news": [
        ("The quarterback spoke about his week.", "quarterback", "Sports"),
        ("The pitcher was ill for a week.", "pitcher", "Sports"),
        ("He is the coach that everybody wanted.", "coach", "Sports"),
        ("The basketball court was empty.", "basketball", "Sports"),
        ("The playoffs begin on a rainy night.", "playoffs", "Sports"),
        ("There was football all over the place.", "football", "Sports"),
        ("The militants came at night.", "militants", "World"),
        ("The rebels say that they will not leave.", "rebels", "World"),
        ("A ceasefire was agreed in the night.", "ceasefire", "World"),
        ("The hostages were seen by a neighbour.", "hostages", "World"),
        ("Insurgents were waiting behind the hill.", "Insurgents", "World"),
        ("The peacekeepers arrive in the spring.", "peacekeepers", "World"),
        ("Profits are lower than anybody hoped.", "Profits", "Business"),
        ("The shareholders said yes in the end.", "shareholders", "Business"),
        ("The earnings will be known on Thursday.", "earnings", "Business"),
        ("They spoke of bankruptcy for a whole day.", "bankruptcy", "Business"),
        ("Stocks were up and then down.", "Stocks", "Business"),
        ("The dividend comes late this year.", "dividend", "Business"),
        ("The spacecraft will be seen in the evening.", "spacecraft", "Sci/Tech"),
        ("The software is better than it was.", "software", "Sci/Tech"),
        ("The new browser is ready for everybody.", "browser", "Sci/Tech"),
        ("Astronomers have seen it before.", "Astronomers", "Sci/Tech"),
        ("Spam is what people complain about.", "Spam", "Sci/Tech"),
        ("The laptop is smaller than the last one.", "laptop", "Sci/Tech"),
    ],
}
CASES = [(name, *case) for name, cases in OBVIOUS.items() for case in cases]
SWAPPED = {  # a text that speaks for both of two classes
    "sentiment": ("A wonderful cast in a dull film.", "positive", "negative"),
    "news": ("Shares of the football club rose after the final.", "Business", "Sports"),
}
PROMISES = {"sentiment": ("dev", 0.905), "news": ("test", 0.92)}  # split, least accuracy


@pytest.fixture(scope="module")
def classifiers():
    """Model → classifier, each loaded once, when it is asked for first."""
    return _Kept(lambda name: load_classifier(CATALOG[name]))


@pytest.fixture(scope="module")
def reports(classifiers):
    """Model → sentence → report."""

    def explain(name):
        settings = Settings(methods=("faithful",))
        return {text: analyse(classifiers[name], Query(name, text, settings=settings)) for text, _, _ in OBVIOUS[name]}

    return _Kept(explain)


class _Kept(dict):
    """A dict that makes what is missing."""

    def __init__(self, make):
        super().__init__()
        self.make = make

    def __missing__(self, name):
        self[name] = self.make(name)
        return self[name]


def winner(report, method: str) -> str:
    """The word with the highest score at the method's recommended layer."""
    scores = merge_tokens(report.maps[method].at(report.choices[method].layer), report.tokens)
    return report.word_texts[int(scores.argmax())]


@pytest.mark.parametrize("name, text, word, label", CASES)
def test_the_obvious_word_wins(reports, name, text, word, label):
    report = reports[name][text]
    assert report.prediction.labels[report.prediction.predicted] == label
    assert winner(report, "decoded") == word
    assert winner(report, "faithful") == word


@pytest.mark.parametrize("name", OBVIOUS)
def test_scores_differ_between_texts(reports, name):
    """No two texts of the same length share a map."""
    maps = [report.maps["decoded"].scores for report in reports[name].values()]
    same = [(a, b) for i, a in enumerate(maps) for b in maps[:i] if a.shape == b.shape and np.allclose(a, b, rtol=1e-3)]
    assert not same


@pytest.mark.parametrize("name", OBVIOUS)
def test_every_layer_but_the_last_can_be_read(reports, name):
    """The head recovers most words at every layer but the last, which fine-tuning gave to the decision at [CLS]."""
    recovered = np.mean([report.profiles["own_top1"].values for report in reports[name].values()], axis=0)
    assert recovered[0] > 0.95 and recovered[:-1].min() > 0.75, recovered


@pytest.mark.parametrize("name", OBVIOUS)
def test_swapping_the_classes_swaps_the_signs(classifiers, name):
    """One class rather than another is the negative of the other rather than the one."""
    text, first, second = SWAPPED[name]
    one, other = (
        analyse(classifiers[name], Query(name, text, target=target, against=against)).maps["undecoded"].scores
        for target, against in ((first, second), (second, first))
    )
    np.testing.assert_allclose(one, -other, atol=1e-4 * np.abs(one).max())


@pytest.mark.parametrize("name", OBVIOUS)
def test_the_folder_is_small_and_holds_no_pickle(name):
    folder = EMBEDDED / name
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert {"README.md", "config.json", "metrics.json", "model.safetensors", "tokenizer.json"} <= {file.name for file in files}
    assert sum(file.stat().st_size for file in files) < 50e6
    assert not [file for file in files if file.suffix in (".bin", ".pt", ".pth", ".pkl")]


@pytest.mark.parametrize("name", OBVIOUS)
def test_the_card_keeps_its_promises(name):
    """metrics.json meets what the project asks of the model, and every word of the card is written from it."""
    metrics = json.loads((EMBEDDED / name / "metrics.json").read_text(encoding="utf-8"))
    card = (EMBEDDED / name / "README.md").read_text(encoding="utf-8")
    split, least = PROMISES[name]
    accuracy = metrics["accuracy"][split]["accuracy"]
    assert accuracy >= least
    assert f"{accuracy:.4f}" in card
    assert card == write_card(metrics, TASKS[name])
    assert not [word for word in ("/tmp/", str(Path.home()), str(Path.cwd())) if word in card]


def test_the_news_card_speaks_of_the_whole_official_test_set():
    metrics = json.loads((EMBEDDED / "news" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["accuracy"]["test"]["texts"] == 7600 and metrics["accuracy"]["dev"]["texts"] == 2000
    assert metrics["texts"]["train"] == 33_006
    config = json.loads((EMBEDDED / "news" / "config.json").read_text(encoding="utf-8"))
    assert tuple(config["id2label"].values()) == TASKS["news"].labels


def test_the_models_share_vocabulary_word_embeddings_and_head():
    """As the card of news says; each folder is whole all the same."""
    first, second = (load_file(EMBEDDED / name / "model.safetensors") for name in OBVIOUS)
    shared = ["bert.embeddings.word_embeddings.weight", *(name for name in first if name.startswith("cls.predictions."))]
    assert len(shared) == 6 and all(torch.equal(first[name], second[name]) for name in shared)
    layer = "bert.encoder.layer.0.output.dense.weight"
    assert not torch.equal(first[layer], second[layer])
    vocabularies = [Tokenizer.from_file(str(EMBEDDED / name / "tokenizer.json")).get_vocab() for name in OBVIOUS]
    assert vocabularies[0] == vocabularies[1]
