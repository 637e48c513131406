"""What may be loaded from a folder, checked without transformers."""

import hashlib
import json

import pytest

from core.errors import ModelError
from core.folders import check_folder, fingerprint


@pytest.fixture
def folder(tmp_path):
    """Names and configs of a model; no file here is ever opened as weights."""
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "tokenizer.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    return tmp_path


def _refusal(folder, **more) -> str:
    with pytest.raises(ModelError) as caught:
        check_folder(folder, **more)
    message = str(caught.value)
    assert "\n" not in message and message[-1] in ".)" and len(message) < 500
    return message


def _index(folder, name, shards) -> None:
    (folder / "model.safetensors").unlink(missing_ok=True)
    (folder / name).write_text(json.dumps({"weight_map": {f"layer.{i}": shard for i, shard in enumerate(shards)}}))


def test_a_plain_folder_gives_its_weights(folder):
    assert check_folder(folder) == [folder / "model.safetensors"]


@pytest.mark.parametrize(
    "vocabulary", ["vocab.txt", "vocab.json", "spiece.model", "sentencepiece.bpe.model", "spm.model", "tokenizer.model"]
)
def test_a_slow_tokenizer_is_enough(vocabulary, folder):
    (folder / "tokenizer.json").rename(folder / vocabulary)
    assert check_folder(folder)


def test_no_tokenizer_at_all_is_refused_except_for_a_head(folder):
    (folder / "tokenizer.json").unlink()
    assert "tokenizer.json" in _refusal(folder)
    assert check_folder(folder, needs_tokenizer=False)


def test_shards_are_those_of_the_index(folder):
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    _index(folder, "model.safetensors.index.json", [*shards, shards[0]])
    assert shards[0] in _refusal(folder)
    for shard in (*shards, "model-00009-of-00009.safetensors"):
        (folder / shard).touch()
    assert [file.name for file in check_folder(folder)] == shards


@pytest.mark.parametrize(
    "shard",
    ["../secret.safetensors", "/etc/passwd", "sub/model.safetensors", "..\\x.safetensors", "model.bin", ".hidden.safetensors"],
)
def test_an_index_names_only_files_beside_it(shard, folder):
    _index(folder, "model.safetensors.index.json", [shard])
    assert "same folder" in _refusal(folder)


@pytest.mark.parametrize(
    "index", ["[]", "{}", '{"weight_map": {}}', '{"weight_map": {"a": 1}}', '{"weight_map": ["a"]}', "not json", "[" * 100_000]
)
def test_a_broken_index_is_a_sentence(index, folder):
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(index)
    assert "index.json" in _refusal(folder)


def test_pickled_weights_need_trust_and_give_way_to_safetensors(folder):
    (folder / "pytorch_model.bin").touch()
    assert check_folder(folder, trust_pickle=True) == [folder / "model.safetensors"]
    (folder / "model.safetensors").unlink()
    assert "pytorch_model.bin" in _refusal(folder) and "Tick" in _refusal(folder)
    assert check_folder(folder, trust_pickle=True) == [folder / "pytorch_model.bin"]
    (folder / "pytorch_model.bin").unlink()
    _index(folder, "pytorch_model.bin.index.json", ["pytorch_model-00001-of-00001.bin"])
    (folder / "pytorch_model-00001-of-00001.bin").touch()
    assert "Tick" in _refusal(folder)
    assert check_folder(folder, trust_pickle=True) == [folder / "pytorch_model-00001-of-00001.bin"]


@pytest.mark.parametrize(
    "file", ["pytorch_model.pt", "model.pth", "model.ckpt", "training_args.bin", "tf_model.h5", "adapter_model.safetensors"]
)
def test_other_formats_are_never_read(file, folder):
    (folder / "model.safetensors").rename(folder / file)
    assert "safetensors" in _refusal(folder)
    assert "safetensors" in _refusal(folder, trust_pickle=True)


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
@pytest.mark.parametrize(
    "config",
    [
        {"auto_map": {"AutoConfig": "evil.Config"}}, {"text_config": {"auto_map": {"AutoModel": "evil.Model"}}},
        {"parts": [{"deeper": {"trust_remote_code": True}}]}, {"custom_pipelines": {"a": "b"}},
        {"_attn_implementation_internal": "org/kernel"}, {"attn_implementation": "org/kernel"},
        {"_attn_implementation": "kernels-community/flash"}, {"attn_implementation": {"text_config": "org/kernel"}},
    ],
)  # fmt: skip
def test_keys_that_load_code_are_refused_at_any_depth(config, file, folder):
    (folder / file).write_text(json.dumps(config))
    assert file in _refusal(folder) and "code" in _refusal(folder)


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
@pytest.mark.parametrize(
    "config",
    [
        {"transformers_weights": "other.safetensors"}, {"text_config": {"transformers_weights": "sub/model.safetensors"}},
        {"configuration_files": ["config.4.0.0.json"]}, {"fast_tokenizer_files": ["../tokenizer.4.0.json"]},
        {"attribute_map": {"num_hidden_layers": "elsewhere"}, "elsewhere": 4000},
    ],
)  # fmt: skip
def test_keys_that_lead_to_unchecked_files_are_refused(config, file, folder):
    (folder / file).write_text(json.dumps(config))
    key = next(key for key in (*config, *config.get("text_config", ())) if key != "text_config")
    message = _refusal(folder)
    assert file in message and key in message and "other files" in message


def test_an_adapter_beside_the_weights_is_refused(folder):
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "org/other"}')
    assert "adapter" in _refusal(folder)


@pytest.mark.parametrize(
    "config, key",
    [
        ({"num_labels": 10**6}, "num_labels"), ({"id2label": {str(i): "x" for i in range(100_001)}}, "id2label"),
        ({"num_hidden_layers": 4000}, "num_hidden_layers"), ({"inner": [{"n_layer": 1001}]}, "n_layer"),
        ({"decoder_layers": 10**5000 // 10**1000}, "decoder_layers"), ({"vocab_size": 3e7}, "vocab_size"),
        ({"text_config": {"vocab_size": 30_000_000}}, "vocab_size"), ({"d_model": 1_000_001}, "d_model"),
        ({"intermediate_size": float("inf")}, "intermediate_size"), ({"num_local_experts": 10_001}, "num_local_experts"),
    ],
)  # fmt: skip
def test_numbers_that_no_model_has_are_refused_unloaded(config, key, folder):
    (folder / "config.json").write_text(json.dumps(config))
    message = _refusal(folder)
    assert "config.json" in message and f"as {key};" in message and "at most" in message


@pytest.mark.parametrize(
    "config",
    [
        {"vocab_size": 1_000_000, "hidden_size": 1024}, {"inner": {"d_model": 100_000, "n_layer": 2}},
        {"num_labels": 90_000, "hidden_size": 4096}, {"hidden_size": float("nan"), "n_embd": 10**6},
    ],
)  # fmt: skip
def test_small_files_can_not_claim_a_huge_model(config, folder):
    (folder / "config.json").write_text(json.dumps(config))
    message = _refusal(folder)
    assert "matrix" in message and "weight files" in message
    with (folder / "model.safetensors").open("wb") as file:
        file.truncate(2 * 10**12)  # sparse: takes no room on the disk
    assert check_folder(folder)


@pytest.mark.parametrize(
    "config",
    [
        {"auto_map": None}, {"_attn_implementation": "eager"}, {"attn_implementation": {"": "sdpa"}}, {"inner": [1, "auto_map"]},
        {"transformers_weights": None}, {"num_hidden_layers": 1000, "num_labels": 100_000, "vocab_size": 10_000_000},
        {"num_labels": True, "vocab_size": "30000000", "n_layer": None, "num_experts": [10**9]},
        {"vocab_size": 30_522, "hidden_size": 768, "num_hidden_layers": 12, "intermediate_size": 3072},
    ],
)  # fmt: skip
def test_harmless_configs_pass(config, folder):
    (folder / "config.json").write_text(json.dumps(config))
    assert check_folder(folder)


def test_a_bottomless_config_is_refused(folder):
    (folder / "config.json").write_text('{"a":' * 200 + "1" + "}" * 200)
    assert "nesting" in _refusal(folder)


def test_the_fingerprint_covers_all_files_and_can_be_left(folder):
    (folder / "b").write_bytes(b"more")
    files = [folder / "model.safetensors", folder / "b"]
    told = []
    assert fingerprint(files, lambda stage, share: told.append(share)) == hashlib.sha256(b"weightsmore").hexdigest()[:12]
    assert told == sorted(told) and told[-1] == 1

    def leave(stage, share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fingerprint(files, leave)
