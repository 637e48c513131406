"""What is loaded, and the sentence for every folder that is not."""

import copy
import gc
import hashlib
import json
import shutil

import pytest
import torch

from core.catalog import find_model
from core.errors import ModelError
from core.labels import MULTI_LABEL, REGRESSION
from core.models import load_classifier
from core.pipeline import analyse
from core.records import Query
from tests.families import FAMILIES, LABELS, TEXT, WIDTH


@pytest.fixture
def folder(family_of, tmp_path):
    """A copy of the BERT folder to spoil."""
    return shutil.copytree(family_of("bert").path, tmp_path / "model")


def _refusal(path) -> str:
    with pytest.raises(ModelError) as caught:
        load_classifier(find_model(str(path)), device="cpu")
    message = str(caught.value)
    assert "\n" not in message and message[-1] in ".)…" and "Traceback" not in message and len(message) < 400
    return message


def _edit(path, **changes) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_loads_frozen_with_its_head(name, family_of, classifier_of):
    classifier = classifier_of(name)
    assert classifier.labels == LABELS
    assert classifier.lm_head is not None and classifier.lm_source
    assert not classifier.model.training and not any(p.requires_grad for p in classifier.model.parameters())
    assert not any(p.requires_grad for p in classifier.lm_head.parameters())
    assert not any(module.training for module in classifier.lm_head.modules() if isinstance(module, torch.nn.Dropout))
    assert (classifier.device, classifier.dtype) == ("cpu", "fp32")
    weights = (family_of(name).path / "model.safetensors").read_bytes()
    assert classifier.revision == hashlib.sha256(weights).hexdigest()[:12]
    embedding = classifier.model.get_input_embeddings().weight
    assert classifier.mask[1].shape == embedding.shape[1:] and embedding.shape[1] == (16 if name in ("albert", "electra") else WIDTH)


def test_a_folder_without_a_head_is_a_classifier_without_one(classifier_of):
    classifier = classifier_of("bert-headless")
    assert classifier.lm_head is None and classifier.lm_source == ""
    assert "language-model head" in classifier.missing_head


def test_a_head_of_random_weights_is_never_taken(folder):
    """Where one of the head's tensors is missing, transformers would draw it at random."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    del tensors["cls.predictions.transform.dense.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    assert load_classifier(find_model(str(folder)), device="cpu").lm_head is None


def test_a_classifier_of_random_weights_is_refused(folder):
    """A bare language model holds no classification head: its predictions would be noise."""
    from safetensors.torch import load_file, save_file

    tensors = {name: tensor for name, tensor in load_file(folder / "model.safetensors").items() if not name.startswith("classifier")}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    assert "classif" in _refusal(folder)


def test_a_missing_folder_is_named(tmp_path):
    assert "nowhere" in _refusal(tmp_path / "nowhere")


def test_a_file_is_not_a_folder(folder):
    assert "file" in _refusal(folder / "config.json")


def test_an_empty_folder_lacks_a_config(tmp_path):
    assert "config.json" in _refusal(tmp_path)


def test_pickled_weights_are_refused_unread(folder):
    (folder / "model.safetensors").unlink()
    torch.save({"classifier.weight": torch.zeros(1)}, folder / "pytorch_model.bin")
    assert "pytorch_model.bin" in _refusal(folder) and "safetensors" in _refusal(folder)


def test_pickled_weights_beside_safetensors_are_ignored(folder):
    (folder / "pytorch_model.bin").write_bytes(b"not a pickle at all")
    assert load_classifier(find_model(str(folder)), device="cpu").labels == LABELS


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
@pytest.mark.parametrize("key", ["auto_map", "custom_pipelines"])
def test_configs_that_ask_for_code_are_refused_before_it_runs(file, key, folder):
    proof = folder / "ran"
    (folder / "evil.py").write_text(f"open({str(proof)!r}, 'w').close()\n")
    classes = {"AutoModelForSequenceClassification": "evil.Model", "AutoConfig": "evil.Config", "AutoTokenizer": ["evil.T", "evil.T"]}
    _edit(folder / file, **{key: classes})
    assert key in _refusal(folder)
    assert not proof.exists()


def test_an_unknown_architecture_is_refused(folder):
    _edit(folder / "config.json", model_type="no-such-model", architectures=["NoSuchModel"])
    _refusal(folder)


def test_damaged_files_are_refused(folder):
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text(config[: len(config) // 2])
    assert "config.json" in _refusal(folder)
    (folder / "config.json").write_text("[]")
    _refusal(folder)
    (folder / "config.json").write_text(config)
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    _refusal(folder)


def test_a_folder_without_a_tokenizer_is_refused(folder):
    for file in folder.glob("tokenizer*"):
        file.unlink()
    _refusal(folder)


def test_sharded_weights_load_and_their_revision_covers_every_shard(family_of, tmp_path):
    model = copy.deepcopy(family_of("bert").classifier())
    for seed in (0, 1):
        with torch.no_grad():
            model.classifier.bias.add_(seed)
        model.save_pretrained(tmp_path / str(seed), max_shard_size="20KB")
        for file in family_of("bert").path.glob("tokenizer*"):
            shutil.copy(file, tmp_path / str(seed))
    assert len(list((tmp_path / "0").glob("model-*.safetensors"))) > 1
    one, other = (load_classifier(find_model(str(tmp_path / seed)), device="cpu") for seed in "01")
    assert one.labels == LABELS and one.revision != other.revision


def _load(path, **options):
    return load_classifier(find_model(str(path)), device="cpu", **options)


@pytest.mark.parametrize("name", ["roberta", "llama"])
def test_shards_with_a_tied_and_an_untied_head_load_whole(name, family_of, classifier_of, tmp_path):
    from safetensors.torch import load_file, save_file

    family = family_of(name)
    shutil.copytree(family.path, tmp_path, dirs_exist_ok=True)
    tensors = load_file(family.path / "model.safetensors")
    (tmp_path / "model.safetensors").unlink()
    index, names = {}, sorted(tensors)
    for shard in range(3):
        file = f"model-{shard + 1:05}-of-00003.safetensors"
        part = {key: tensors[key] for key in names[shard::3]}
        save_file(part, tmp_path / file, metadata={"format": "pt"})
        index |= dict.fromkeys(part, file)
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))
    loaded, whole = _load(tmp_path), classifier_of(name)
    embedding, decoder = loaded.model.get_input_embeddings().weight, loaded.lm_head.weight
    assert (decoder is embedding) == (name == "roberta")  # tied to the word embeddings, so held once
    states = torch.randn(4, WIDTH)
    assert torch.equal(loaded.lm_head.logits(states), whole.lm_head.logits(states))
    query = Query("x", TEXT)
    assert (analyse(loaded, query).prediction.logits == analyse(whole, query).prediction.logits).all()


@pytest.mark.parametrize("stored", [torch.float16, torch.bfloat16])
def test_weights_stored_in_half_precision_are_computed_with_in_fp32(stored, family_of, tmp_path):
    from safetensors.torch import load_file, save_file

    shutil.copytree(family_of("bert").path, tmp_path, dirs_exist_ok=True)
    tensors = {name: tensor.to(stored) for name, tensor in load_file(tmp_path / "model.safetensors").items()}
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    _edit(tmp_path / "config.json", dtype=str(stored).removeprefix("torch."))
    classifier = _load(tmp_path)
    assert classifier.dtype == "fp32" and classifier.lm_head is not None
    assert {parameter.dtype for parameter in (*classifier.model.parameters(), *classifier.lm_head.parameters())} == {torch.float32}
    assert torch.equal(classifier.model.classifier.weight, tensors["classifier.weight"].float())


@pytest.mark.parametrize("name", ["bert", "gpt2", "modernbert"])
def test_bf16_on_request_explains_nearly_as_fp32_does(name, family_of, classifier_of):
    half = analyse(_load(family_of(name).path, dtype="bf16"), Query("x", TEXT, target=LABELS[1]))
    exact = analyse(classifier_of(name), Query("x", TEXT, target=LABELS[1]))
    a, b = (torch.from_numpy(report.maps["undecoded"].scores).flatten() for report in (half, exact))
    assert half.provenance.dtype == "bf16" and torch.corrcoef(torch.stack([a, b]))[0, 1] > 0.95


def test_old_weights_are_read_without_running_what_they_hold(family_of, classifier_of, tmp_path):
    from safetensors.torch import load_file

    shutil.copytree(family_of("bert").path, tmp_path, dirs_exist_ok=True)
    torch.save(load_file(tmp_path / "model.safetensors"), tmp_path / "pytorch_model.bin")
    (tmp_path / "model.safetensors").unlink()
    spec = find_model(str(tmp_path), trust_pickle=True)
    loaded, known = load_classifier(spec, device="cpu"), classifier_of("bert")
    assert torch.equal(loaded.model.classifier.weight, known.model.classifier.weight) and loaded.lm_head is not None

    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    torch.save({"classifier.weight": Evil()}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError):
        load_classifier(spec, device="cpu")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("problem, n_outputs, labels", [(MULTI_LABEL, 3, LABELS), (REGRESSION, 1, ("score",))])
def test_other_kinds_of_heads_load(problem, n_outputs, labels, family_of, tmp_path):
    model = copy.deepcopy(family_of("bert").classifier())
    model.config.problem_type, model.config.num_labels = problem, n_outputs
    if n_outputs == 1:
        model.classifier = torch.nn.Linear(WIDTH, 1)
    else:
        model.config.id2label = dict(enumerate(labels))
    model.save_pretrained(tmp_path)
    for file in family_of("bert").path.glob("tokenizer*"):
        shutil.copy(file, tmp_path)
    assert _load(tmp_path).labels == labels


def _write_pieces(file, vocabulary) -> None:
    """A SentencePiece model of the pieces (name, score), as old checkpoints hold it."""
    from sentencepiece import sentencepiece_model_pb2

    model = sentencepiece_model_pb2.ModelProto()
    model.trainer_spec.model_type = 1
    for name, score in vocabulary:
        kind = 2 if name == "<unk>" else 3 if name in ("<pad>", "[CLS]", "[SEP]", "[MASK]") else 1
        model.pieces.add(piece=name, score=score, type=kind)
    model.normalizer_spec.name = "nmt_nfkc"
    file.write_bytes(model.SerializeToString())


@pytest.mark.parametrize("name, tokenizer", [("bert", "BertTokenizer"), ("albert", "AlbertTokenizer")])
def test_a_folder_with_the_vocabulary_of_a_slow_tokenizer_gets_a_fast_one(name, tokenizer, family_of, classifier_of, tmp_path):
    shutil.copytree(family_of(name).path, tmp_path, dirs_exist_ok=True)
    known = classifier_of(name).tokenizer
    if name == "bert":
        pieces = sorted(known.get_vocab(), key=known.get_vocab().get)
        (tmp_path / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    else:
        _write_pieces(tmp_path / "spiece.model", json.loads(known.backend_tokenizer.to_str())["model"]["vocab"])
    (tmp_path / "tokenizer.json").unlink()
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": tokenizer, "model_max_length": 64}))
    classifier = _load(tmp_path)
    assert classifier.tokenizer.is_fast and classifier.tokenizer.get_vocab() == known.get_vocab()
    report = analyse(classifier, Query("x", "The film."))
    assert [report.query.text[a:b] for a, b in report.tokens.spans[1:-1]] == ["The", "film", "."] or len(report.tokens.texts) > 5


def test_a_tokenizer_of_another_model_is_refused(family_of, tmp_path):
    shutil.copytree(family_of("bert").path, tmp_path, dirs_exist_ok=True)
    pieces = [f"[unused{i}]" for i in range(5000)] + ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "film"]
    (tmp_path / "tokenizer.json").unlink()
    (tmp_path / "vocab.txt").write_text("\n".join(pieces) + "\n")
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer"}))
    assert "tokenizer" in _refusal(tmp_path)


class _Stop(Exception):
    pass


def test_loading_tells_its_steps_and_stops_at_each_without_leaving_anything(family_of):
    path, told = family_of("bert").path, []
    _load(path, progress=lambda stage, share: told.append((stage, share)))
    stages = list(dict.fromkeys(stage for stage, _ in told))
    assert len(stages) >= 6 and stages[-1] == "Ready" and told[-1][1] == 1.0 and all(0 <= share <= 1 for _, share in told)
    kind = type(family_of("bert").classifier())

    def count() -> int:
        gc.collect()
        return sum(isinstance(thing, kind) for thing in gc.get_objects())

    before = count()
    for stop in stages:

        def halt(stage, share, stop=stop):
            if stage == stop:
                raise _Stop

        with pytest.raises(_Stop):
            _load(path, progress=halt)
    assert count() == before


@pytest.mark.parametrize("name", ["gemma3_text", "qwen3"])
def test_what_replaces_a_word_is_looked_up_as_the_model_looks_it_up(name, family_of):
    """Gemma 3 scales its embeddings where it looks them up."""
    classifier = _load(family_of(name).path)
    said, embedding = classifier.mask
    index = classifier.tokenizer.convert_tokens_to_ids(said)
    assert torch.equal(embedding, classifier.model.get_input_embeddings()(torch.tensor(index)))


def test_without_mask_or_unknown_token_the_mean_word_stands_in(classifier_of):
    import dataclasses

    classifier = dataclasses.replace(classifier_of("llama"), tokenizer=copy.deepcopy(classifier_of("llama").tokenizer))
    classifier.tokenizer.unk_token = None
    said, embedding = classifier.mask
    assert said == "mean word embedding"
    torch.testing.assert_close(embedding, classifier.model.get_input_embeddings().weight.mean(0))


def test_a_tensor_of_another_shape_is_told_with_both_shapes(folder):
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    save_file({**tensors, "classifier.weight": torch.ones(5, WIDTH)}, folder / "model.safetensors", metadata={"format": "pt"})
    message = _refusal(folder)
    assert "classifier.weight" in message and f"(5, {WIDTH})" in message and f"({len(LABELS)}, {WIDTH})" in message


def test_damaged_numbers_are_told_and_not_blamed_on_the_family(folder):
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    save_file({**tensors, "classifier.bias": torch.full((len(LABELS),), torch.nan)}, folder / "model.safetensors", metadata={"format": "pt"})
    assert "no numbers" in _refusal(folder)


def test_a_limit_that_is_no_number_is_told(folder):
    _edit(folder / "tokenizer_config.json", model_max_length="512")
    assert "model_max_length" in _refusal(folder) and "512" in _refusal(folder)


def test_a_model_of_a_short_window_loads(folder):
    _edit(folder / "tokenizer_config.json", model_max_length=8)
    classifier = _load(folder)
    assert classifier.max_length == 8 and analyse(classifier, Query("m", TEXT)).coverage.windows > 1


def test_a_mask_token_that_the_model_was_not_given_is_not_looked_up(classifier_of):
    classifier = copy.copy(classifier_of("bert"))
    tokenizer = copy.deepcopy(classifier.tokenizer)
    tokenizer.add_special_tokens({"mask_token": "[ANOTHER]"})
    assert tokenizer.mask_token_id >= len(classifier.model.get_input_embeddings().weight)
    object.__setattr__(classifier, "tokenizer", tokenizer)
    classifier.__dict__.pop("mask", None)
    assert classifier.mask[0] == tokenizer.unk_token
