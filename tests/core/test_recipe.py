"""The recipe of the embedded models, on texts and a base model small enough to train in a second."""

import argparse
import csv
import gzip
import json
import random

import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForMaskedLM,
    BertModel,
)

from core.embedded import recipe
from core.embedded.training import classifier, export, masked_lm, tasks, vocabulary

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LABELS = ("negative", "positive")
MAX_TOKENS = 64
LETTERS = "abcdefghijklmnopqrstuvwxyz"
GOOD, BAD = ("good", "great", "fine"), ("bad", "poor", "dull")
WORDS = [*GOOD, *BAD, "film", "story", "actor", "plot", "the", "an", "of", "is", "with", "scene"]
PIECES = [*SPECIAL, *LETTERS, *(f"##{letter}" for letter in LETTERS), *WORDS, "rare", "rarer", "##ing"]


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Folder of a random BERT of 2 layers with a WordPiece tokenizer of `PIECES`."""
    folder = tmp_path_factory.mktemp("base")
    backend = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(PIECES)}, unk_token="[UNK]"))
    backend.normalizer, backend.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    backend.add_special_tokens(SPECIAL)
    backend.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    backend.enable_truncation(16)  # as the base model's own file has
    backend.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    sizes = dict(vocab_size=len(PIECES), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32)
    BertModel(BertConfig(**sizes, max_position_embeddings=128)).save_pretrained(folder)
    return folder


def _choose(base, size=len(PIECES) - 2):
    full = Tokenizer.from_file(str(base / "tokenizer.json"))
    return vocabulary.choose_pieces(full.get_vocab(), vocabulary.count_pieces(full, ["film " * 3, "story", *WORDS]), size)


@pytest.fixture(scope="module")
def tokenizer(base):
    return vocabulary.prune_tokenizer(base, _choose(base), 128)


@pytest.fixture(scope="module")
def old_ids(base):
    return [PIECES.index(piece) for piece in _choose(base)]


def _sentences(count, seed=0):
    """Texts that are positive exactly if they hold a good word; labels 0 and 1."""
    draw, texts, labels = random.Random(seed), [], []
    for number in range(count):
        words = draw.choices(WORDS[6:], k=draw.randint(2, 9)) + [draw.choice((BAD, GOOD)[number % 2])]
        draw.shuffle(words)
        texts.append(" ".join(words))
        labels.append(number % 2)
    return texts, labels


def _stop_after(function, calls):
    """`function`, which a call too many interrupts, as a kill would."""
    count = 0

    def stopping(*args, **kwargs):
        nonlocal count
        count += 1
        if count > calls:
            raise KeyboardInterrupt
        return function(*args, **kwargs)

    return stopping


def _same(first, second):
    first, second = first.state_dict(), second.state_dict()
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


# vocabulary


def test_pruning_keeps_specials_single_characters_and_the_most_frequent(base):
    fewest = len(SPECIAL) + 2 * len(LETTERS)
    assert _choose(base, fewest + 2) == [*PIECES[:fewest], "film", "story"]


def test_pruned_tokenizer_is_renumbered_and_spells_what_is_gone(tokenizer):
    assert sorted(tokenizer.get_vocab().values()) == list(range(len(PIECES) - 2))
    assert [tokenizer.convert_tokens_to_ids(token) for token in SPECIAL] == [0, 1, 2, 3, 4]
    ids = tokenizer("The rarer film")["input_ids"]
    assert tokenizer.convert_ids_to_tokens(ids) == ["[CLS]", "the", "rare", "##r", "film", "[SEP]"]
    assert len(tokenizer("film " * 40)["input_ids"]) == 42  # the base's truncation is gone


def test_start_model_cuts_the_embeddings_to_the_kept_pieces(base, old_ids):
    model, full = masked_lm.start_model(base, old_ids), BertModel.from_pretrained(base)
    words = model.bert.embeddings.word_embeddings.weight
    assert torch.equal(words, full.embeddings.word_embeddings.weight[old_ids])
    assert model.cls.predictions.decoder.weight is words
    assert model.config.vocab_size == len(old_ids)


# masked language model


def test_packing_frames_the_stream(tokenizer):
    texts, _ = _sentences(120)
    windows = masked_lm.pack_windows(tokenizer, texts)
    stream = [i for text in texts for i in [*tokenizer(text, add_special_tokens=False)["input_ids"], tokenizer.sep_token_id]]
    assert windows.shape == (len(stream) // 126, 128)
    assert (windows[:, 0] == tokenizer.cls_token_id).all() and (windows[:, -1] == tokenizer.sep_token_id).all()
    assert windows[:, 1:-1].flatten().tolist() == stream[: len(windows) * 126]


def test_masking_shares_and_special_tokens(tokenizer):
    ids = torch.randint(5, len(tokenizer), (400, 128), generator=torch.Generator().manual_seed(1))
    ids[:, 0], ids[:, -1], ids[:, 50] = tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.unk_token_id
    before = ids.clone()
    masked, places = masked_lm.mask_tokens(ids, tokenizer, 0.25, torch.Generator().manual_seed(2))
    assert torch.equal(ids, before)
    assert not places[:, [0, 50, -1]].any() and torch.equal(masked[~places], ids[~places])
    assert places.sum().item() / (400 * 125) == pytest.approx(0.25, abs=0.01)
    hidden = masked[places] == tokenizer.mask_token_id
    kept = masked[places] == ids[places]
    by_chance = 0.1 / len(tokenizer)  # a random piece that is [MASK], or the right one
    assert hidden.float().mean().item() == pytest.approx(0.8 + by_chance, abs=0.015)
    assert kept.float().mean().item() == pytest.approx(0.1 + by_chance, abs=0.015)


def test_masked_lm_resumes_to_the_same_weights(base, tokenizer, old_ids, tmp_path, monkeypatch):
    windows = masked_lm.pack_windows(tokenizer, _sentences(500)[0])
    monkeypatch.setattr(masked_lm, "SAVE_EVERY", 2)

    def train(checkpoint):
        model = masked_lm.start_model(base, old_ids)
        masked_lm.train_masked_lm(model, windows, tokenizer, 6, 7, checkpoint)
        return model

    whole = train(tmp_path / "whole.pt")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(masked_lm, "masked_loss", _stop_after(masked_lm.masked_loss, 3))
        train(tmp_path / "killed.pt")
    assert torch.load(tmp_path / "killed.pt")["step"] == 2
    assert _same(whole, train(tmp_path / "killed.pt"))


# classifier


@pytest.fixture(scope="module")
def language_model(base, old_ids, tmp_path_factory):
    """Folder of a language model as stage (a) leaves it, its head not the identity."""
    folder, model = tmp_path_factory.mktemp("language_model"), masked_lm.start_model(base, old_ids)
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in model.cls.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape))
    model.save_pretrained(folder)
    return folder


def _train_classifier(language_model, base, tokenizer, checkpoint, epochs=2):
    torch.manual_seed(5)
    model = classifier.start_classifier(language_model, base, LABELS)
    train, dev = (classifier.tokenize_examples(tokenizer, *_sentences(*size), MAX_TOKENS) for size in ((400, 0), (60, 1)))
    classifier.train_classifier(model, train, dev, epochs, 11, checkpoint)
    return model, dev


def test_examples_are_cut_between_their_frame(tokenizer):
    texts, labels = ["film " * 40, "the plot"], [1, 0]
    examples = classifier.tokenize_examples(tokenizer, texts, labels, 9)
    assert [len(row) for row in examples.ids] == [9, 4] and examples.labels == labels
    assert {(row[0], row[-1]) for row in examples.ids} == {(tokenizer.cls_token_id, tokenizer.sep_token_id)}


def test_batches_hold_every_text_once_within_the_limit():
    ids = [[0] * (3 + i * 7 % 40) for i in range(500)]
    batches = classifier.make_batches(ids, (1, 0))
    assert sorted(i for batch in batches for i in batch) == list(range(500))
    assert all(len(batch) * max(len(ids[i]) for i in batch) <= classifier.BATCH_TOKENS for batch in batches)
    assert batches == classifier.make_batches(ids, (1, 0)) != classifier.make_batches(ids, (1, 1))


def test_classifier_starts_from_the_language_model_and_the_base_pooler(language_model, base):
    model, source = classifier.start_classifier(language_model, base, LABELS), BertForMaskedLM.from_pretrained(language_model)
    assert _same(model.bert.encoder, source.bert.encoder) and _same(model.bert.embeddings, source.bert.embeddings)
    assert _same(model.bert.pooler, BertModel.from_pretrained(base).pooler)
    assert model.config.id2label == {0: "negative", 1: "positive"}
    assert model.config.hidden_dropout_prob == classifier.DROPOUT
    news = classifier.start_classifier(language_model, base, tasks.TASKS["news"].labels)
    assert news.config.label2id == {"World": 0, "Sports": 1, "Business": 2, "Sci/Tech": 3}
    assert news.classifier.weight.shape[0] == 4


def test_classifier_resumes_to_the_same_weights_and_keeps_the_embeddings(language_model, base, tokenizer, tmp_path, monkeypatch):
    monkeypatch.setattr(classifier, "SAVE_EVERY", 3)
    whole, dev = _train_classifier(language_model, base, tokenizer, tmp_path / "whole.pt")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(classifier, "cross_entropy", _stop_after(classifier.cross_entropy, 4))
        _train_classifier(language_model, base, tokenizer, tmp_path / "killed.pt")
    assert torch.load(tmp_path / "killed.pt")["step"] == 3
    assert _same(whole, _train_classifier(language_model, base, tokenizer, tmp_path / "killed.pt")[0])
    source = BertForMaskedLM.from_pretrained(language_model)
    assert torch.equal(whole.get_input_embeddings().weight, source.get_input_embeddings().weight)
    assert not torch.equal(whole.bert.encoder.layer[0].output.dense.weight, source.bert.encoder.layer[0].output.dense.weight)
    run = torch.load(tmp_path / "whole.pt")
    assert classifier.measure_accuracy(whole, dev) == max(accuracy for _, accuracy in run["dev_accuracy"])
    with pytest.raises(ValueError, match="is of a run with steps"):
        _train_classifier(language_model, base, tokenizer, tmp_path / "whole.pt", epochs=3)


def test_probabilities_do_not_depend_on_the_batch(language_model, base, tokenizer):
    model, ids = classifier.start_classifier(language_model, base, LABELS), tokenizer(_sentences(40)[0])["input_ids"]
    together = classifier.predict_probabilities(model, ids)
    alone = torch.cat([classifier.predict_probabilities(model, [row]) for row in ids])
    torch.testing.assert_close(together, alone)


# export


def test_export_loads_as_classifier_and_as_language_model(language_model, base, tokenizer, tmp_path):
    torch.manual_seed(6)
    model = classifier.start_classifier(language_model, base, LABELS).eval()
    with torch.no_grad():
        model.bert.encoder.layer[0].output.dense.weight.mul_(1.5)  # an encoder that is no longer the language model's
    model.save_pretrained(tmp_path / "classifier")
    tokenizer.save_pretrained(tmp_path / "tokenizer")
    export.export_model(tmp_path / "classifier", language_model, tmp_path / "tokenizer", tmp_path / "out")

    loaded, info = AutoModelForSequenceClassification.from_pretrained(tmp_path / "out", output_loading_info=True)
    head, head_info = AutoModelForMaskedLM.from_pretrained(tmp_path / "out", output_loading_info=True)
    assert not info["missing_keys"] and not head_info["missing_keys"]
    assert loaded.dtype == head.dtype == torch.float32
    assert head.cls.predictions.decoder.weight is head.get_input_embeddings().weight
    assert torch.equal(head.cls.predictions.decoder.weight, loaded.get_input_embeddings().weight)
    assert head.cls.predictions.decoder.bias is head.cls.predictions.bias
    assert _same(loaded.bert.encoder, head.bert.encoder)

    cut = AutoTokenizer.from_pretrained(tmp_path / "out")
    assert cut.is_fast and cut.model_max_length == 128 and cut.mask_token == "[MASK]"
    row = cut("the good film is an old story", return_tensors="pt")
    assert row["input_ids"].tolist() == [tokenizer("the good film is an old story")["input_ids"]]
    source, states = BertForMaskedLM.from_pretrained(language_model), torch.randn(4, 16)
    with torch.no_grad():
        torch.testing.assert_close(loaded(**row).logits, model(**row).logits, atol=5e-3, rtol=5e-3)
        torch.testing.assert_close(head.cls.predictions(states), source.cls.predictions(states), atol=5e-3, rtol=5e-3)


def test_export_refuses_a_classifier_with_other_word_embeddings(language_model, base):
    model = classifier.start_classifier(language_model, base, LABELS)
    with torch.no_grad():
        model.get_input_embeddings().weight[7] += 1
    with pytest.raises(ValueError, match="not tied"):
        export.merge_tensors(model, BertForMaskedLM.from_pretrained(language_model))


# the whole recipe


@pytest.fixture
def data_folder(tmp_path):
    """Every text that the recipe reads, made up: 240 news rows of four classes besides the reviews."""
    for name in ("text", "sst2", "agnews"):
        (tmp_path / "data" / name).mkdir(parents=True)
    for number, (split, count) in enumerate((("train", 200), ("dev", 40), ("test", 30))):
        with open(tmp_path / "data" / "sst2" / f"{split}.tsv", "w", encoding="utf-8") as file:
            csv.writer(file, delimiter="\t").writerows([("text", "label"), *zip(*_sentences(count, number), strict=True)])
    for number, (split, count) in enumerate((("train", 240), ("test", 30))):
        rows = [(i % 4 + 1, text, f"the #39;s {text}") for i, text in enumerate(_sentences(count, 20 + number)[0])]
        with open(tmp_path / "data" / "agnews" / f"{split}.csv", "w", encoding="utf-8", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    for number, name in enumerate(("wikipedia_en_12MB.txt.gz", "wikinews_en.txt.gz", "wikitext.valid.tokens.gz")):
        with gzip.open(tmp_path / "data" / "text" / name, "wt", encoding="utf-8") as file:
            file.write("\n".join(_sentences(200, 10 + number)[0]))
    return tmp_path / "data"


@pytest.fixture
def run_recipe(base, data_folder, tmp_path, monkeypatch):
    """Runs the recipe for a task, all tasks in one working folder; returns (its arguments, metrics, card)."""
    monkeypatch.setattr(recipe, "VOCABULARY", len(PIECES) - 2)
    monkeypatch.setattr(recipe, "MAX_LENGTH", 128)
    monkeypatch.setattr(tasks, "DEV_ROWS", 40)

    def run(task):
        work, out = tmp_path / "work", tmp_path / task
        options = f"--task {task} --data {data_folder} --base {base} --work {work} --out {out} --steps 2 --epochs 1"
        monkeypatch.setattr("sys.argv", ["recipe", *options.split()])
        recipe.main()
        args = argparse.Namespace(task=task, work=work, out=out)
        return args, json.loads((out / "metrics.json").read_text()), (out / "README.md").read_text()

    return run


@pytest.mark.parametrize("task", tasks.TASKS)
def test_recipe_runs_to_the_card_and_then_has_nothing_to_do(run_recipe, task, tmp_path):
    args, metrics, card = run_recipe(task)
    assert metrics["accuracy"]["test"]["texts"] == 30 and f"{metrics['accuracy']['test']['accuracy']:.4f}" in card
    assert metrics["accuracy"]["dev"]["texts"] == 40 and metrics["texts"]["train"] == 200
    assert sum(map(sum, metrics["errors"]["confusion"])) == 40
    assert metrics["training"]["language_model"]["steps"] == 2
    assert metrics["training"]["classifier"]["epochs"] == 1 and f"--task {task} " in card
    assert len(metrics["recovery"]["after"]["top_1"]) == 3 and 0 < metrics["recovery"]["after"]["top_1"][0] <= 1
    assert {probe["predicted"] for probe in metrics["probes"]} <= set(tasks.TASKS[task].labels)
    assert str(tmp_path) not in card + (args.out / "config.json").read_text() + (args.out / "metrics.json").read_text()
    assert recipe.find_due(args) == []
    (args.out / "README.md").unlink()
    assert recipe.find_due(args) == ["card"]
    (args.work / task / "model.safetensors").unlink()
    assert recipe.find_due(args) == ["classifier", "export", "card"]


def test_tasks_share_the_language_model_and_keep_their_classifiers_apart(run_recipe):
    first, _, _ = run_recipe("sentiment")
    weights = first.work / "language-model" / "model.safetensors"
    made = weights.stat().st_mtime_ns
    second, _, _ = run_recipe("news")
    assert weights.stat().st_mtime_ns == made
    assert recipe.find_due(first) == recipe.find_due(second) == []
    models = [AutoModelForSequenceClassification.from_pretrained(args.out) for args in (first, second)]
    heads = [AutoModelForMaskedLM.from_pretrained(args.out) for args in (first, second)]
    assert [model.config.num_labels for model in models] == [2, 4]
    assert torch.equal(*(model.get_input_embeddings().weight for model in models))
    assert _same(*(head.cls for head in heads)) and not _same(*(head.bert.encoder for head in heads))
