"""Models from the hub: what is downloaded, what is refused, and what happens without a network.

The real client, in a program of its own, against a hub that answers from local folders.
"""

import json
import shutil
from pathlib import Path

import pytest

from tests.core.hub_client import refusal, same

WEIGHTS = "model.safetensors"


# --- what is downloaded ---------------------------------------------------------------------------------------------
def test_only_what_is_needed_is_downloaded_and_only_once(hub, repo, model, ask):
    hub.add(repo, model)
    answer = ask(model=repo)
    snapshot = Path(answer["path"])
    assert {file.name for file in snapshot.iterdir()} == {
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "README.md",
        WEIGHTS,
    }
    assert (
        answer["weights"] == [str(snapshot / WEIGHTS)]
        and same(answer["weights"][0], model / WEIGHTS)
        and not answer["is_pickled"]
    )
    assert answer["revision"] == hub.commit(repo) and answer["source"].startswith(f"{repo} on 127.0.0.1")
    shares = [share for stage, share in answer["told"] if stage.startswith("Downloading")]
    assert shares == sorted(shares) and all(0 <= share <= 1 for share in shares)
    hub.asked.clear()
    assert ask(model=repo)["path"] == answer["path"]
    assert [one.path for one in hub.asked] == [f"/api/models/{repo}/revision/main"]


def test_a_branch_and_a_commit_are_other_models(hub, repo, family_of, ask):
    hub.add(repo, family_of("bert").path)
    hub.add(repo, family_of("roberta").path, "v1.0")
    main, branch = ask(model=repo), ask(model=f"{repo}@v1.0")
    assert main["revision"] != branch["revision"] == hub.commit(repo, "v1.0")
    assert same(branch["weights"][0], family_of("roberta").path / WEIGHTS)
    hub.asked.clear()
    assert ask(model=f"{repo}@{branch['revision']}")["path"] == branch["path"]
    assert not hub.asked  # a commit never changes, so nobody need be asked


def test_shards_come_together(hub, repo, family_of, tmp_path, ask):
    family_of("bert").classifier().save_pretrained(tmp_path / "shards", max_shard_size="20KB")
    for file in family_of("bert").path.glob("tokenizer*"):
        shutil.copy(file, tmp_path / "shards")
    hub.add(repo, tmp_path / "shards")
    names = {Path(file).name for file in ask(model=repo)["weights"]}
    assert len(names) > 1 and names == {file.name for file in (tmp_path / "shards").glob("*.safetensors")}


def test_old_weights_need_the_tick(hub, repo, model, ask):
    (model / WEIGHTS).rename(model / "pytorch_model.bin")
    hub.add(repo, model)
    sentence = refusal(ask(model=repo))
    assert "safetensors" in sentence and "pytorch_model.bin" in sentence and "Tick" in sentence
    assert not hub.downloads("pytorch_model.bin")
    answer = ask(model=repo, trust=True)
    assert answer["is_pickled"] and [Path(file).name for file in answer["weights"]] == ["pytorch_model.bin"]


def test_safetensors_win_over_ticked_pickles(hub, repo, model, ask):
    hub.add(repo, model)
    assert not ask(model=repo, trust=True)["is_pickled"]
    assert not hub.downloads("pytorch_model.bin")


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
def test_code_is_refused_before_the_weights_are_asked_for(file, hub, repo, model, ask):
    config = json.loads((model / file).read_text())
    (model / file).write_text(json.dumps(config | {"inner": {"auto_map": {"AutoModel": "evil.Model"}}}))
    hub.add(repo, model)
    assert "auto_map" in refusal(ask(model=repo))
    assert not hub.downloads(WEIGHTS) and not hub.downloads("tokenizer.json")


@pytest.mark.parametrize(
    "missing, word", [("config.json", "config.json"), ("tokenizer.json", "tokenizer"), (WEIGHTS, "safetensors")]
)
def test_what_is_no_classifier_is_refused_unread(missing, word, hub, repo, model, ask):
    (model / missing).unlink()
    (model / "pytorch_model.bin").unlink()
    hub.add(repo, model)
    assert word in refusal(ask(model=repo))
    assert not [one for one in hub.asked if one.server == "storage"]


# --- what the hub refuses ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "reason, words",
    [
        (401, ("no model “org/", "hf auth login", "HF_TOKEN")),
        (403, ("refuses", "HF_TOKEN")),
        (404, ("no model “org/", "spelling")),
        (429, ("too often", "7 seconds")),
        (500, ("500", "later")),
        ("gated", ("gated", "/org/", "hf auth login", "HF_TOKEN")),
        ("bad token", ("token", "Renew")),
        ("portal", ("no hub", "HF_ENDPOINT")),
    ],
)
def test_every_refusal_is_arefusal(reason, words, hub, repo, model, ask):
    hub.add(repo, model)
    hub.refusals[repo] = reason
    sentence = refusal(ask(model=repo))
    assert all(word in sentence for word in words), sentence


def test_a_gated_repository_may_show_its_list(hub, repo, model, ask):
    hub.add(repo, model)
    hub.refused_files[repo] = "gated"
    assert "gated" in refusal(ask(model=repo))
    hub.refused_files[repo] = "portal"
    assert "no hub" in refusal(ask(model=repo))


def test_an_unknown_repository_and_revision_are_named(hub, repo, model, ask):
    hub.add(repo, model)
    assert "org/nothing" in refusal(ask(model="org/nothing"))
    assert "v9" in refusal(ask(model=f"{repo}@v9"))


def test_the_token_goes_to_the_hub_and_not_beyond(hub, repo, model, ask):
    hub.add(repo, model)
    ask({"HF_TOKEN": "hf_secret"}, model=repo)
    seen = {server: {one.headers["authorization"] for one in hub.asked if one.server == server} for server in ("hub", "storage")}
    assert seen == {"hub": {"Bearer hf_secret"}, "storage": {""}}


# --- without the hub --------------------------------------------------------------------------------------------------
def test_without_a_network_the_cache_stands_in_and_says_so(hub, repo, model, ask):
    away = {"HF_ENDPOINT": "http://127.0.0.1:9"}  # the discard port: nobody listens
    hub.add(repo, model)
    sentence = refusal(ask(away, model=repo))
    assert "can't be reached" in sentence and "127.0.0.1:9" in sentence
    first = ask(model=repo)
    for environment in (away, {"HF_HUB_OFFLINE": "1"}):
        answer = ask(environment, model=repo)
        assert answer["weights"] == first["weights"] and answer["revision"] == first["revision"]
        assert "cache" in answer["source"] and "could not be asked" in answer["source"]
    hub.refusals[repo] = 429
    assert "cache" in ask(model=repo)["source"]
    assert "HF_HUB_OFFLINE" in refusal(ask({"HF_HUB_OFFLINE": "1"}, model="org/other"))


def test_what_the_hub_takes_back_is_not_served_from_the_cache(hub, repo, model, ask):
    """A model that was withdrawn or closed is refused: only silence lets the cache stand in."""
    hub.add(repo, model)
    ask(model=repo)
    hub.refusals[repo] = "gated"
    assert "gated" in refusal(ask(model=repo))


# --- heads ------------------------------------------------------------------------------------------------------------
def test_heads_come_from_the_hub_or_a_folder(hub, family_of, ask):
    hub.add("org/base", family_of("bert").path)
    hub.add("bert-tiny-uncased", family_of("bert").path)  # the hub's first models have no organisation
    for reference in ("org/base", "bert-tiny-uncased"):
        answer = ask(head=reference)
        assert answer["revision"] == hub.commit(reference) and same(answer["weights"][0], family_of("bert").path / WEIGHTS)
    answer = ask(head=str(family_of("bert").path), policy={"any_folder": True})
    assert answer["path"] == str(family_of("bert").path.resolve()) and len(answer["revision"]) == 12
    assert "folder" in refusal(ask(head=str(family_of("bert").path)))
    assert "catalog" in refusal(ask(head="org/base", policy={"catalog_only": True}))


def test_a_head_is_checked_before_its_weights_come(hub, repo, model, family_of, ask):
    hub.add(repo, model)
    assert ask(head=repo, checks=False)["unfit"] == "of another family"
    assert hub.downloads("config.json") and hub.downloads("tokenizer.json") and not hub.downloads(WEIGHTS)
    answer = ask(head=repo, checks=True)
    seen = next(files for stage, files in answer["told"] if stage == "seen")
    assert {"config.json", "tokenizer.json"} <= set(seen) and WEIGHTS not in seen and same(answer["weights"][0], model / WEIGHTS)
    assert ask(head=f"{repo}@{answer['revision']}", checks=False)["unfit"]  # all of it is here: asked all the same
    folder = str(family_of("bert").path)
    assert ask(head=folder, policy={"any_folder": True}, checks=False)["unfit"]


def test_large_weights_that_nobody_named_are_refused_undownloaded(hub, repo, model, ask):
    hub.add(repo, model)
    size = (model / WEIGHTS).stat().st_size
    assert f"{size / 1e6:,.1f} MB" in refusal(ask(head=repo, most_bytes=size - 1))
    assert not hub.downloads(WEIGHTS) and not hub.downloads("tokenizer.json")
    revision = ask(head=repo, most_bytes=size)["revision"]
    assert "Name it" in refusal(ask(head=f"{repo}@{revision}", most_bytes=size - 1))


@pytest.mark.parametrize("claim", [{"vocab_size": 9_000_000}, {"num_labels": 10**6}, {"transformers_weights": "x.safetensors"}])
def test_configs_that_can_not_be_are_refused_before_the_weights(claim, hub, repo, model, ask):
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | {"hidden_size": 512} | claim))
    hub.add(repo, model)
    assert "config.json" in refusal(ask(model=repo)) and not hub.downloads(WEIGHTS)
