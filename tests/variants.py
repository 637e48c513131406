"""Models of other kinds than one class of several, and tokenizers that tell two texts apart, made from the families' folders."""

import json
import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, pre_tokenizers, processors

SEGMENTED = ("bert", "deberta-v2", "electra")  # their real tokenizers give the second text the type 1
FRAMES = {  # family → the pair template of its real tokenizer
    "bert": "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
    "deberta-v2": "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
    "electra": "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
    "roberta": "<s> $A </s> </s> $B </s>",
}


def build_variant(family, folder: Path, labels: tuple[str, ...] | None = None, problem_type: str | None = None) -> Path:
    """The family's model in `folder`, with the pair template of its real tokenizer, and its head cut to `labels` if they are given."""
    shutil.copytree(family.path, folder)
    _name_outputs(folder, labels, problem_type)
    if family.name in FRAMES:
        _frame_pairs(folder, family.name)
    return folder


def _name_outputs(folder: Path, labels: tuple[str, ...] | None, problem_type: str | None) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["problem_type"] = problem_type
    if labels is not None:
        config["id2label"], config["label2id"] = dict(enumerate(labels)), {label: i for i, label in enumerate(labels)}
        tensors = load_file(folder / "model.safetensors")
        for name in ("classifier.weight", "classifier.bias", "classifier.out_proj.weight", "classifier.out_proj.bias", "score.weight"):
            if name in tensors and len(tensors[name]) >= len(labels):
                tensors[name] = tensors[name][: len(labels)].contiguous()
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


def _frame_pairs(folder: Path, name: str) -> None:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    pair = FRAMES[name]
    single = pair.split(" $B")[0].removesuffix(" </s>") if name == "roberta" else pair.split(" $B")[0]
    first, last = single.split()[0].removesuffix(":0"), single.split()[-1].removesuffix(":0")
    frame = processors.TemplateProcessing(single=single, pair=pair, special_tokens=[(t, tokenizer.token_to_id(t)) for t in (first, last)])
    trimmed = [processors.ByteLevel(trim_offsets=True)] if isinstance(tokenizer.pre_tokenizer, pre_tokenizers.ByteLevel) else []
    tokenizer.post_processor = processors.Sequence([*trimmed, frame])
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    settings["model_input_names"] = ["input_ids", *(["token_type_ids"] if name in SEGMENTED else []), "attention_mask"]
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
