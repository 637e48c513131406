"""What a config says of its outputs, and whether its model reads two texts."""

from types import SimpleNamespace

import pytest

from core.errors import ModelError
from core.labels import MULTI_LABEL, REGRESSION, SINGLE_LABEL, expects_pair, problem_type_of, read_labels


def config(*labels: str, **fields):
    return SimpleNamespace(**{"num_labels": len(labels), "id2label": dict(enumerate(labels)), "problem_type": None, **fields})


def spec(name: str = "org/name", pair: bool | None = None):
    return SimpleNamespace(name=name, pair=pair)


@pytest.mark.parametrize(
    "labels, said, expected",
    [
        (("no", "yes"), None, SINGLE_LABEL),
        (("no", "yes"), SINGLE_LABEL, SINGLE_LABEL),
        (("joy", "anger"), MULTI_LABEL, MULTI_LABEL),
        (("toxic",), MULTI_LABEL, MULTI_LABEL),
        (("LABEL_0",), None, REGRESSION),
        (("LABEL_0",), SINGLE_LABEL, REGRESSION),  # the softmax of one output is always 1
        (("valence", "arousal"), REGRESSION, REGRESSION),
    ],
)
def test_the_problem_type_is_the_config_s_else_follows_from_the_outputs(labels, said, expected):
    assert problem_type_of(config(*labels, problem_type=said)) == expected


def test_a_problem_type_that_nobody_knows_is_refused():
    with pytest.raises(ModelError, match="ranking.*regression"):
        problem_type_of(config("a", "b", problem_type="ranking"))


@pytest.mark.parametrize(
    "labels, fields, expected",
    [
        (("no", "yes"), {}, ("no", "yes")),
        (("LABEL_0", "LABEL_1"), {}, ("LABEL_0", "LABEL_1")),
        (("LABEL_0",), {}, ("score",)),
        (("stars",), {}, ("stars",)),
        (("LABEL_0",), {"problem_type": MULTI_LABEL}, ("LABEL_0",)),
        (("LABEL_0", "LABEL_1"), {"problem_type": REGRESSION}, ("LABEL_0", "LABEL_1")),
    ],
)
def test_labels_are_the_model_s_own(labels, fields, expected):
    assert read_labels(config(*labels, **fields)) == expected


@pytest.mark.parametrize("id2label", [{0: "a"}, {0: "a", 1: "a"}, {0: "a", 1: ""}, {0: "a", 1: 3}, {"0": "a", "1": "b"}])
def test_labels_that_are_missing_or_twice_there_are_refused(id2label):
    with pytest.raises(ModelError, match="id2label.*0 to 1"):
        read_labels(config("a", "b", id2label=id2label))


def test_a_head_without_outputs_is_refused():
    with pytest.raises(ModelError, match="no output"):
        read_labels(config())


@pytest.mark.parametrize(
    "labels",
    [("CONTRADICTION", "NEUTRAL", "ENTAILMENT"), ("entailment", "not_entailment"), ("not_duplicate", "duplicate"), ("not equivalent", "equivalent"), ("no", "paraphrase")],
)
def test_labels_that_relate_two_texts_mean_a_pair(labels):
    assert expects_pair(config(*labels), spec())
    assert not expects_pair(config(*labels), spec(pair=False)), "what the catalog or the person says wins"


@pytest.mark.parametrize("name", ["cross-encoder/ms-marco-MiniLM-L6-v2", "org/bert-STS-B", "models/nli-deberta", "BAAI/bge-reranker-base", "x/bert_qqp", "x/MNLI-large@v2"])
def test_names_of_tasks_for_two_texts_mean_a_pair(name):
    assert expects_pair(config("LABEL_0", "LABEL_1"), spec(name))


@pytest.mark.parametrize("name", ["sentiment", "news", "distilbert-base-uncased-finetuned-sst-2-english", "org/party-startle", "org/qualities", "org/emotion"])
def test_other_names_do_not(name):
    assert not expects_pair(config("negative", "neutral", "positive"), spec(name))
    assert expects_pair(config("negative", "positive"), spec(name, pair=True))


def test_the_task_of_the_config_decides_before_the_name():
    assert expects_pair(config("0", "1", finetuning_task="mrpc"), spec())
    assert not expects_pair(config("0", "1", finetuning_task="sst2"), spec("org/mnli-then-sst2"))
    assert expects_pair(config("0", "1", task_specific_params={"mnli": {}}), spec())
    assert not expects_pair(config("0", "1", finetuning_task=None, task_specific_params=None), spec())


def test_a_refusal_does_not_tell_thousands_of_labels():
    with pytest.raises(ModelError, match="once.$") as caught:
        read_labels(config(*(f"label {i // 2}" for i in range(20_000))))
    assert len(str(caught.value)) < 300
