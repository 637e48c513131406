"""The labelled texts of each embedded model, and its card's words around figures."""

import copy
import csv
import json
import re

import pytest
import torch

from core.catalog import EMBEDDED
from core.embedded.gallery import GALLERIES
from core.embedded.training import measures, tasks
from core.embedded.training.card_tasks import CARDS
from core.embedded.training.card_text import write_card
from core.embedded.training.tasks import TASKS, clean_news


@pytest.mark.parametrize(
    "raw, clean",
    [
        ("America #39;s lenders wait", "America's lenders wait"),
        ("America&#39;s lenders wait", "America's lenders wait"),
        ("the players #39; union", "the players ' union"),
        ("a &lt;b&gt;bold&lt;/b&gt; plan", "a bold plan"),
        ("a  lt;b gt;bold lt;/b gt; plan", "a bold plan"),
        ("see &lt;A HREF=\"http://a.example/b?c=d\"&gt;quote&lt;/A&gt; here", "see quote here"),
        ("research quot;lab quot; here", 'research "lab " here'),
        ("Smith &amp; Sons, Smith  amp; Sons", "Smith & Sons, Smith & Sons"),
        ("one\\two\\\\three", "one two three"),
        ("rose #36;5 to 7 < 9 and 12 > 3", "rose $5 to 7 < 9 and 12 > 3"),
        ("item #39 of the list; C# is #1;", "item #39 of the list; C# is #1;"),
        ("  spaces\tand\u00a0more ", "spaces and more"),
    ],
)
def test_news_is_cleaned_to_what_a_person_would_type(raw, clean):
    assert clean_news(raw) == clean
    assert clean_news(clean) == clean


@pytest.fixture
def news_folder(tmp_path):
    """60 rows to train on, 8 to test on: each title tells the row, class = row % 4 + 1; every third without a title."""
    (tmp_path / "agnews").mkdir()
    for split, count in (("train", 60), ("test", 8)):
        body = "a \"quoted\" day\\in May, lenders #39;s"
        rows = [(i % 4 + 1, "" if i % 3 == 0 else f"Title {i}", f"{split} row {i}: {body}") for i in range(count)]
        with open(tmp_path / "agnews" / f"{split}.csv", "w", encoding="utf-8", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    return tmp_path


def _row_of(text: str) -> int:
    return int(re.search(r"row (\d+):", text)[1])


def test_news_joins_title_and_description_and_counts_classes_from_zero(news_folder):
    texts, labels = tasks.read_news(news_folder, "test")
    assert texts[0] == "test row 0: a \"quoted\" day in May, lenders's"
    assert texts[1] == "Title 1 test row 1: a \"quoted\" day in May, lenders's"
    assert labels == [0, 1, 2, 3] * 2


def test_dev_is_a_fixed_part_of_train_and_no_text_is_in_both(news_folder, monkeypatch):
    monkeypatch.setattr(tasks, "DEV_ROWS", 20)
    (train, train_labels), (dev, dev_labels) = (tasks.read_news(news_folder, split) for split in ("train", "dev"))
    assert (len(train), len(dev)) == (40, 20)
    assert sorted(map(_row_of, train + dev)) == list(range(60))
    assert [_row_of(text) % 4 for text in train + dev] == train_labels + dev_labels
    assert [_row_of(text) for text in dev] != sorted(_row_of(text) for text in dev), "the first rows of the file, not a draw"
    assert tasks.read_news(news_folder, "dev") == (dev, dev_labels)
    assert [_row_of(text) for text in dev[:5]] == [29, 19, 1, 28, 3], "another draw than the one that the models were made with"


def test_reviews_keep_quotation_marks_and_labels(tmp_path):
    (tmp_path / "sst2").mkdir()
    (tmp_path / "sst2" / "dev.tsv").write_text('text\tlabel\nan " open quote \t1\nit \'s "fine" .\t0\n', encoding="utf-8")
    assert tasks.read_reviews(tmp_path, "dev") == (['an " open quote', 'it \'s "fine" .'], [1, 0])


# what is measured


def test_kinds_and_confusion_add_up():
    texts = ["Reuters - oil at 50", "the striker won", "no deal", "a probe lands", "AFP not there", "apt weather"]
    labels, said = [2, 1, 0, 3, 0, 1], [2, 1, 1, 3, 0, 0]
    chances = torch.full((6, 4), 0.01)
    chances[range(6), said] = torch.tensor([0.97, 0.97, 0.97, 0.97, 0.97, 0.6])
    ids = [[0] * (2 + n) for n in (3, 6, 9, 12, 15, 18)]
    errors = measures.measure_errors(chances, texts, labels, ids, TASKS["news"].labels, CARDS["news"])
    assert errors["confusion"] == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    kinds = {kind: (found["right"], found["texts"]) for kind, found in errors["by_kind"].items()}
    assert kinds["names a news agency"] == (2, 2) and kinds["names none"] == (2, 4)
    assert kinds["with a numeral"] == (1, 1) and kinds["with a negation"] == (1, 2)
    assert kinds["labelled World"] == (1, 2) and kinds["labelled Sports"] == (1, 2)
    assert [count for kind, (_, count) in kinds.items() if "tokens" in kind] == [2, 2, 2]
    assert errors["confident_errors"] == 1 and errors["confident_errors_by_kind"]["with a negation"] == 1


def test_copies_are_found_through_case_and_punctuation():
    train = ["Oil at a record high.", "Café opens", "a_b"]
    assert measures.count_copies(["oil at a RECORD high", "caf\u00e9: opens!", "Oil at a record", "A B"], train) == 3


# what is written


def _metrics(name: str) -> dict:
    """Those of the sentiment model, with what only newer cards hold."""
    metrics = json.loads((EMBEDDED / "sentiment" / "metrics.json").read_text(encoding="utf-8"))
    if name == "news":
        metrics["texts"] = {"train": 54321, "copies": {"dev": 17, "test": 19}}
        metrics["errors"]["confusion"] = [[101, 2, 3, 4], [5, 106, 7, 8], [9, 10, 111, 12], [13, 14, 15, 116]]
    return metrics


def test_every_task_has_a_card_a_gallery_and_probes_of_its_own_labels():
    assert list(TASKS) == list(CARDS) == list(GALLERIES)
    for name, task in TASKS.items():
        expected = [label for _, _, label in CARDS[name].probes]
        assert set(expected) == {*task.labels, None}


def test_the_card_of_news_tells_its_own_story():
    card = write_card(_metrics("news"), TASKS["news"])
    words = " ".join(card.split())
    for expected in (
        "name: AG News, split: test", "# News topics, with", "| AG News test | 1821 | 1634 |", "all 1,821 rows of it",
        "Training saw 54,321 rows", "872 more were drawn once and kept as dev", "17 of dev, 19 of test",
        "| labelled Business | 9 | 10 | 111 | 12 |", "of AG News dev that the head", "research, non-commercial",
        "recipe --task news --data", f"texts cut at {TASKS['news'].max_tokens} tokens", "none, or more than one",
    ):
        assert expected in words, expected
    assert "{" not in card.replace("{type:", "")


@pytest.mark.parametrize("name", TASKS)
def test_no_figure_of_the_card_is_typed_in(name):
    """Other metrics, other figures: those of the tables and of the sentences move together."""
    metrics = _metrics(name)
    other = copy.deepcopy(metrics)
    other["accuracy"]["test"] = {"texts": 4321, "right": 1234, "accuracy": 0.2857}
    other["model"].update(layers=77, parameters=7_654_321, bytes=98_700_000)
    card = write_card(other, TASKS[name])
    assert card.count("0.2857") == 2 and "0.8973" not in card and "0.8973" in write_card(metrics, TASKS[name])
    assert "77 layers" in card and "7,654,321 parameters" in card and "98.7 MB" in card
    assert "6 layers" not in card and "35.4 MB" not in card


@pytest.mark.parametrize("name", GALLERIES)
def test_a_gallery_is_short_and_varied(name):
    texts = list(GALLERIES[name].values())
    assert 8 <= len(texts) == len(set(texts)) and all(text == text.strip() for text in texts)
    assert any(len(text.split()) == 1 for text in texts) and any(len(text.split()) > 120 for text in texts)
    assert any("\n\n" in text for text in texts) and any(ord(character) > 0x1F000 for text in texts for character in text)
    assert not [text for _, text, _ in CARDS[name].probes if text in texts and len(text.split()) > 1], "the card tried it already"
