"""What is loaded, and the sentence for every folder that is not."""

import copy
import hashlib
import json
import shutil

import pytest
import torch

from core.catalog import find_model
from core.errors import ModelError
from core.models import load_classifier
from tests.families import FAMILIES, LABELS, WIDTH


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


def test_an_architecture_that_takes_no_embeddings_is_refused(tmp_path, family_of):
    """T5's classifier can't be rooted at its word embeddings: one clear sentence, not a crash while tracing."""
    from transformers import T5Config, T5ForSequenceClassification

    config = T5Config(
        vocab_size=260, d_model=WIDTH, d_kv=8, d_ff=48, num_layers=2, num_heads=4, num_labels=3, pad_token_id=0, eos_token_id=1,
        decoder_start_token_id=0,
    )  # fmt: skip
    T5ForSequenceClassification(config).save_pretrained(tmp_path)
    for file in family_of("bert").path.glob("tokenizer*"):
        shutil.copy(file, tmp_path)
    _refusal(tmp_path)


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


def test_catalog_models_lie_in_the_project():
    from core.catalog import CATALOG, EMBEDDED

    for name, spec in CATALOG.items():
        assert find_model(name) is spec and spec.name == name
        assert EMBEDDED in spec.path.parents and spec.label and spec.trained_for
