"""The whole way: an id of the hub becomes a classifier, its base model gives the head, and a report says where both came from."""

import json
import shutil
from pathlib import Path

import pytest

TEXT = "The acting is superb, but the plot was dreadful and far too long."


@pytest.fixture
def headless(family_of, tmp_path):
    """A classifier that kept nothing of its pre-training head, as most of the hub's do."""
    return shutil.copytree(family_of("bert-headless").path, tmp_path / "headless")


def test_a_model_of_the_hub_is_explained_with_its_commit(hub, repo, family_of, ask):
    hub.add(repo, family_of("bert").path)
    answer = ask(model=repo, analyse=TEXT)
    model, revision, head = answer["provenance"]
    assert model == repo and revision == hub.commit(repo) and head and answer["decoded"]


@pytest.mark.parametrize("says", ["config", "card", "person"])
def test_the_head_comes_from_the_base_model(says, hub, repo, headless, family_of, ask):
    base = f"{repo}-base"
    if says == "config":
        config = json.loads((headless / "config.json").read_text())
        (headless / "config.json").write_text(json.dumps(config | {"_name_or_path": base}))
    if says == "card":
        (headless / "README.md").write_text(f"---\nbase_model: {base}\n---\n# A classifier\n")
    hub.add(repo, headless)
    hub.add(base, family_of("bert").path)
    answer = ask(model=repo, analyse=TEXT, user_head=base if says == "person" else None)
    assert base in answer["provenance"][2] and answer["decoded"]
    assert hub.downloads("model.safetensors")[-1].path.startswith(f"/{base}/")


@pytest.mark.parametrize("trouble", ["gone", "gated", "no safetensors"])
def test_a_base_model_that_can_not_be_had_costs_the_head_alone(trouble, hub, repo, headless, family_of, tmp_path, ask):
    base = f"{repo}-base"
    (headless / "README.md").write_text(f"---\nbase_model: {base}\n---\n")
    hub.add(repo, headless)
    if trouble != "gone":
        hub.add(base, shutil.copytree(family_of("bert").path, tmp_path / "base"))
    if trouble == "gated":
        hub.refused_files[base] = "gated"
    if trouble == "no safetensors":
        Path(tmp_path / "base/model.safetensors").rename(tmp_path / "base/pytorch_model.bin")
    answer = ask(model=repo, analyse=TEXT)
    assert answer["provenance"][1] == hub.commit(repo) and not answer["decoded"]


def test_a_load_that_fails_leaves_the_next_one_whole(hub, repo, family_of, ask):
    hub.add(repo, family_of("bert").path)
    hub.cuts = [40_000] + [0] * 10
    assert "refused" in ask(model=repo, analyse=TEXT)
    hub.cuts = []
    assert ask(model=repo, analyse=TEXT)["provenance"][1] == hub.commit(repo)
