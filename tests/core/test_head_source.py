"""Where the language-model head comes from, what of it is read, and the sentence for every checkpoint that gives none."""

import json
import shutil
import time

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer

from core.head_source import OWN, base_names
from core.model_spec import ModelSpec
from core.models import load_classifier
from core.pipeline import analyse
from core.records import Query
from tests.core.oracles import encode
from tests.families import LABELS, TEXT, build_config, build_language_model


@pytest.fixture
def headless(family_of, tmp_path):
    """A copy of the BERT classifier that came without a head."""
    return shutil.copytree(family_of("bert-headless").path, tmp_path / "classifier")


@pytest.fixture(scope="module")
def base_of(family_of, tmp_path_factory):
    """`base_of(name)`: the pre-trained language model of a family, in a folder of its own, as transformers saves it."""
    made = {}

    def make(name: str = "bert", tokenizer_of: str | None = None, **changes):
        key = (name, tokenizer_of, *changes.items())
        if key not in made:
            folder = tmp_path_factory.mktemp("base")
            tokenizer = AutoTokenizer.from_pretrained(family_of(tokenizer_of or name).path)
            config = build_config(name, tokenizer)
            for field, value in changes.items():
                setattr(config, field, value)
            build_language_model(config, seed=7).save_pretrained(folder)
            tokenizer.save_pretrained(folder)
            made[key] = folder
        return made[key]

    return make


def _load(path, head=None, **options):
    return load_classifier(ModelSpec("m", "M", "tests", path=path, head=None if head is None else str(head)), device="cpu", **options)


def _told(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_head_in_the_same_checkpoint_is_found(classifier_of):
    classifier = classifier_of("bert")
    assert classifier.lm_source == OWN and classifier.missing_head == "" and classifier.lm_head is not None


@pytest.mark.parametrize("name", ["bert", "roberta", "albert", "modernbert", "gpt2", "llama", "opt", "longformer", "deberta-v2"])
def test_a_named_head_is_the_language_model_s_own(name, family_of, base_of, tmp_path):
    """Also where the classifier's own checkpoint holds one: the person's word comes first."""
    from transformers import AutoModelForCausalLM, AutoModelForMaskedLM

    base = base_of(name)
    classifier = _load(family_of(name).path, base)
    assert classifier.lm_source.startswith(str(base))
    auto = AutoModelForCausalLM if family_of(name).is_decoder else AutoModelForMaskedLM
    whole = auto.from_pretrained(base).eval()
    with torch.no_grad():
        out = whole(**encode(classifier.tokenizer, TEXT), output_hidden_states=True)
        got = classifier.lm_head.logits(out.hidden_states[-1][0])
    torch.testing.assert_close(got, out.logits[0], rtol=1e-5, atol=1e-5)
    report = analyse(classifier, Query("m", TEXT))
    assert report.decoding is not None and report.provenance.lm_head == classifier.lm_source
    assert classifier.lm_source.removeprefix(str(base))[0] == "@"  # and the revision found


@pytest.mark.parametrize("name", ["bert", "gpt2", "llama"])
def test_of_a_base_model_only_the_head_is_read(name, family_of, base_of, monkeypatch):
    """Counted where transformers takes a tensor off the disk; the fitness check, which loads the base whole, is left out."""
    from transformers import core_model_loading

    import core.fitness

    read, take = [], core_model_loading._materialize_copy

    def count(tensor, *args, **kwargs):
        read.append(take(tensor, *args, **kwargs))
        return read[-1]

    base = base_of(name)
    monkeypatch.setattr(core.fitness, "LARGEST_BASE", 0)
    monkeypatch.setattr(core_model_loading, "_materialize_copy", count)
    _load(family_of("bert-headless" if name == "bert" else name).path)
    alone = sum(tensor.numel() for tensor in read)
    read.clear()
    classifier = _load(family_of("bert-headless" if name == "bert" else name).path, base)
    from_classifier = sum(parameter.numel() for parameter in classifier.model.parameters())
    tensors = load_file(base / "model.safetensors")
    no_layer = {key: tensor for key, tensor in tensors.items() if not any(part in key for part in (".layer.", ".h.", ".layers."))}
    taken = sum(tensor.numel() for tensor in read) - from_classifier
    assert taken == sum(tensor.numel() for tensor in no_layer.values()) < 0.6 * sum(tensor.numel() for tensor in tensors.values())
    assert alone <= 2 * from_classifier
    assert "too large" in classifier.fitness.sentence


def test_equal_tensors_are_held_once(family_of, tmp_path):
    """A base whose embeddings fine-tuning left as they were: decoder matrix and word embeddings are one tensor."""
    shutil.copytree(family_of("bert").path, tmp_path, dirs_exist_ok=True)
    classifier = _load(family_of("bert-headless").path, tmp_path)
    table = classifier.model.get_input_embeddings().weight
    theirs = load_file(tmp_path / "model.safetensors")["bert.embeddings.word_embeddings.weight"]
    assert classifier.lm_head.weight is table and torch.equal(table, theirs)
    changed = load_file(tmp_path / "model.safetensors")
    changed["bert.embeddings.word_embeddings.weight"] += 1
    save_file(changed, tmp_path / "model.safetensors", metadata={"format": "pt"})
    other = _load(family_of("bert-headless").path, tmp_path)
    assert other.lm_head.weight is not other.model.get_input_embeddings().weight
    assert torch.equal(other.lm_head.weight, table + 1)


def _missing(classifier) -> str:
    """The sentences that say why there is no head, all else being there."""
    assert classifier.lm_head is None and classifier.lm_source == "" and classifier.fitness is None and classifier.labels == LABELS
    message = classifier.missing_head
    assert "\n" not in message and message[-1] == "." and ".." not in message and len(message) < 600
    assert "as its head" in message  # how to add one
    assert analyse(classifier, Query("m", TEXT)).decoding is None
    return message


def test_without_any_head_it_is_said_what_is_missing_and_how_to_add_it(headless):
    message = _missing(_load(headless))
    assert "cls.predictions" in message and "width" in message


def test_a_head_that_lacks_a_tensor_is_never_filled_up_at_random(headless, base_of, tmp_path):
    base = shutil.copytree(base_of("bert"), tmp_path / "base")
    tensors = load_file(base / "model.safetensors")
    del tensors["cls.predictions.transform.dense.weight"]
    save_file(tensors, base / "model.safetensors", metadata={"format": "pt"})
    assert "cls.predictions.transform.dense.weight" in _missing(_load(headless, base))


@pytest.mark.parametrize(
    "name, changes, said",
    [
        ("bert", {"hidden_size": 64}, "width is 64"),
        ("bert", {"vocab_size": 999}, "vocabulary is 999"),
        ("electra", {}, "“electra”"),
        ("roberta", {}, "“roberta”"),
    ],
)
def test_a_head_that_does_not_fit_is_refused_with_what_differs(name, changes, said, headless, base_of):
    assert said in _missing(_load(headless, base_of(name, **changes)))


def test_a_head_whose_pieces_are_numbered_otherwise_is_refused_with_an_example(headless, base_of, tmp_path):
    """Equal size, two pieces swapped: every word read would be another."""
    base = shutil.copytree(base_of("bert"), tmp_path / "base")
    tokenizer = json.loads((base / "tokenizer.json").read_text())
    pieces = tokenizer["model"]["vocab"]
    pieces["a"], pieces["b"] = pieces["b"], pieces["a"]
    (base / "tokenizer.json").write_text(json.dumps(tokenizer))
    message = _missing(_load(headless, base))
    assert "2 pieces" in message and "“a”" in message


def test_the_generator_of_a_narrower_electra_is_refused(family_of, base_of):
    """ELECTRA's generator is often narrower than the discriminator that classifiers are made of."""
    assert "width is 16" in _missing(_load(family_of("electra").path, base_of("electra", hidden_size=16, num_attention_heads=2)))


def test_a_base_that_can_not_be_had_costs_the_head_alone(headless):
    """The network is off in these tests."""
    _told(headless / "config.json", _name_or_path="some-org/some-base")
    message = _missing(_load(headless))
    assert "Its base model “some-org/some-base” is not to be had" in message
    assert "“nowhere/at-all”" in _missing(_load(headless, "nowhere/at-all"))


def test_stopping_while_the_base_is_sought_passes_through(family_of, base_of):
    class Stop(Exception):
        pass

    for stage in ("Looking for a language-model head", "Reading the language-model head", "Checking the head on its base model"):

        def halt(said, _, stage=stage):
            if said == stage:
                raise Stop

        with pytest.raises(Stop):
            _load(family_of("roberta").path, base_of("roberta"), progress=halt)


@pytest.mark.parametrize(
    "name, followed",
    [
        ("google-bert/bert-base-uncased", True),
        ("bert-base-uncased", True),
        ("microsoft/deberta-v3-small", True),
        ("/home/somebody/models/bert", False),
        ("./output/checkpoint-500", False),
        ("output/checkpoint-500", False),
        ("../bert", False),
        ("C:\\models\\bert", False),
        ("my-model", False),
        ("results/best", False),
        ("org/../../etc", False),
        ("own/classifier", False),
        ("", False),
    ],
)
def test_only_names_of_the_hub_are_followed(name, followed, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"_name_or_path": name}))
    assert list(base_names(tmp_path, own="own/classifier")) == ([name] if followed else [])


@pytest.mark.parametrize(
    "card, found",
    [
        ("---\nbase_model: org/base\nlicense: mit\n---\n# Card", ["org/base"]),
        ('---\nlicense: mit\nbase_model: "org/base"\n---\n', ["org/base"]),
        ("---\nbase_model:\n- org/base\n- org/other\ntags:\n- x/y\n---\n", ["org/base", "org/other"]),
        ("---\nbase_model: [org/base, org/other]\n---\n", ["org/base", "org/other"]),
        ("# base_model: org/base\n", []),
        ("---\ntags: [a/b]\n---\nbase_model: org/base\n", []),
        ("", []),
    ],
)
def test_the_card_s_front_matter_names_the_base(card, found, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "README.md").write_text(card)
    assert list(base_names(tmp_path, own=None)) == found


def test_damaged_cards_and_configs_name_nothing(tmp_path):
    assert list(base_names(tmp_path, own=None)) == []
    (tmp_path / "config.json").write_text("[]")
    (tmp_path / "README.md").write_bytes(b"---\n\xff\xfe\n---")
    assert list(base_names(tmp_path, own=None)) == []
    (tmp_path / "config.json").write_text('{"_name_or_path": 3}')
    assert list(base_names(tmp_path, own=None)) == []


def test_a_card_without_an_end_costs_no_time(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "README.md").write_text("---" + "\n" * 4_000_000)
    start = time.process_time()
    assert list(base_names(tmp_path, own=None)) == []
    assert time.process_time() - start < 1.0  # it took hours with one regular expression over the whole


def test_a_hub_id_never_turns_into_a_folder(headless, base_of, tmp_path, monkeypatch):
    """What a page lets pass as an id of the hub must not be looked for on the server's own disk when it is loaded."""
    shutil.copytree(base_of("bert"), tmp_path / "secret" / "model")
    monkeypatch.chdir(tmp_path)
    classifier = _load(headless, "secret/model")
    assert classifier.lm_head is None and "secret/model" in classifier.missing_head and str(tmp_path) not in classifier.missing_head
    assert _load(headless, "./secret/model").lm_head is not None


def test_at_most_two_of_the_bases_that_a_card_names_are_asked_for(headless):
    (headless / "README.md").write_text("---\nbase_model: [org/one, org/two, org/three]\n---\n")
    missing = _load(headless).missing_head
    assert "org/one" in missing and "org/two" in missing and "org/three" not in missing
