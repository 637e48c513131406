"""What the catalog offers, and how a person's words become one spec with one name."""

import pytest

from core.catalog import CATALOG, EMBEDDED, EMBEDDED_MODELS, HUB_MODELS, find_model
from core.errors import ModelError
from core.model_spec import ModelSpec
from core.policy import Policy
from core.references import parse_repository

SST2 = "distilbert/distilbert-base-uncased-finetuned-sst-2-english"


def _refusal(reference, **more) -> str:
    with pytest.raises(ModelError) as caught:
        find_model(reference, **more)
    message = str(caught.value)
    assert "\n" not in message and message[-1] in ".)" and len(message) < 400
    return message


def test_catalog_models_are_complete():
    assert "sentiment" in CATALOG and len(HUB_MODELS) >= 6
    for name, spec in CATALOG.items():
        assert find_model(name) is spec and spec.name == name and spec.label and spec.trained_for.endswith(".")
        assert spec.gallery and spec.license and spec.pair is not None and not spec.trust_pickle
        assert all(("\n\n" in text) == spec.pair or spec.repo is None for text in spec.gallery)
    assert len({spec.label for spec in CATALOG.values()}) == len(CATALOG)
    for spec in EMBEDDED_MODELS:
        assert spec.path.parent == EMBEDDED and (spec.name in CATALOG) == (spec.path / "config.json").is_file()
    for spec in HUB_MODELS:
        assert parse_repository(spec.repo) == (spec.name, "main") and parse_repository(spec.head)[1] == "main" and spec.megabytes


def test_a_spec_names_one_place():
    for wrong in ({}, {"path": EMBEDDED, "repo": "org/name"}):
        with pytest.raises(ValueError):
            ModelSpec("x", "x", "x", **wrong)


@pytest.mark.parametrize(
    "written",
    [
        "org/name", " org/name ", "org/name@main", "https://huggingface.co/org/name", "https://huggingface.co/org/name/",
        "http://hf.co/org/name", "https://huggingface.co/org/name/tree/main",
    ],
)  # fmt: skip
def test_one_model_has_one_name(written):
    assert find_model(written) == find_model("org/name")
    assert (find_model(written).name, find_model(written).repo, find_model(written).revision) == ("org/name", "org/name", "main")


@pytest.mark.parametrize("revision", ["v1.0", "refs/pr/3", "0a6aa9128b6194f4f3c4db429b6cb4891cdb421b"])
def test_a_revision_belongs_to_the_name(revision):
    spec = find_model(f"org/name@{revision}")
    assert spec.name == f"org/name@{revision}" and spec.revision == revision
    assert find_model("org/name", revision=revision) == spec == find_model(spec.name)
    assert find_model("org/name@main", revision=revision) == spec
    assert revision in _refusal(f"org/name@{revision}", revision="other")


def test_a_named_head_belongs_to_the_name(tmp_path):
    plain, headed = find_model("org/name"), find_model("org/name", head="org/base")
    assert headed.name == "org/name?head=org/base" and headed.head == "org/base" and plain.head is None
    assert find_model(headed.name) == headed != plain
    assert find_model("org/name", head="org/base@main") == headed
    assert find_model("org/name", head="bert-base-uncased").head == "bert-base-uncased"
    assert find_model("org/name", head=str(tmp_path)).name == f"org/name?head={tmp_path.resolve()}"
    assert "no id" in _refusal("org/name", head="no such head")


def test_the_catalog_knows_its_own_ids_revisions_and_heads():
    assert find_model(SST2) is CATALOG[SST2] is find_model(f"https://huggingface.co/{SST2}") is find_model(f"{SST2}@main")
    assert find_model(SST2, head=CATALOG[SST2].head) is CATALOG[SST2]
    other = find_model(SST2, revision="v1")
    assert other.name == f"{SST2}@v1" and other.head == CATALOG[SST2].head and other.gallery


def test_trust_is_no_part_of_a_name():
    """An address that somebody sends must not tick for whoever opens it."""
    trusted = find_model("org/name", trust_pickle=True)
    assert trusted.trust_pickle and trusted != find_model("org/name") and not find_model(trusted.name).trust_pickle
    assert find_model("sentiment", trust_pickle=True) is CATALOG["sentiment"]


def test_folders_are_named_by_where_they_lie(tmp_path, monkeypatch):
    (tmp_path / "org/name").mkdir(parents=True)
    spec = find_model(str(tmp_path / "org"))
    assert spec.path == (tmp_path / "org").resolve() and spec.name == str(spec.path) and find_model(spec.name) == spec
    monkeypatch.chdir(tmp_path)
    assert find_model("./org") == spec
    assert find_model("org/name").path == (tmp_path / "org/name").resolve()  # as for transformers, what lies here comes first
    assert find_model("org/name", Policy()).repo == "org/name"  # but a page never looks into the folder it was started from
    assert "revision" in _refusal("./org", revision="v1") and "revision" in _refusal("sentiment", revision="v1")


@pytest.mark.parametrize(
    "reference",
    [
        "", "sentimnt", "org/", "org/name/more", "org/na me", "org/name@", "org/name@../x", "org/name@v 1", "../org/name",
        "org/../name", "org--x/name", "org/name.git", "https://example.org/org/name", "org/name?head=", "org/nam\u0435@x\0",
        "org/" + "n" * 300, "a@b/c", "file:///etc",
        "~nobody/model", "org\\name", "org/name@-v", "org/na\nme", "./no\nfolder",
    ],
)  # fmt: skip
def test_what_names_nothing_is_refused_in_a_sentence(reference):
    if reference == "org/name?head=":
        assert find_model(reference) == find_model("org/name")
    else:
        _refusal(reference)


def test_no_network_and_no_torch_to_find_a_model():
    import subprocess
    import sys

    code = "import sys; from core.catalog import find_model; find_model('org/name'); "
    code += "print({'torch', 'transformers', 'huggingface_hub'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "set()"
