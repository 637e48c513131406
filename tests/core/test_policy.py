"""Which folders may be named, and that no path, link or setting leads around it."""

import shutil

import pytest

from core.catalog import find_model
from core.errors import ModelError
from core.hub import open_checkpoint
from core.policy import MOST_LISTED, Policy, list_folders


@pytest.fixture
def shelf(family_of, tmp_path):
    """A root with two models, and a third one outside of it."""
    for place in ("root/one", "root/team/two", "outside"):
        shutil.copytree(family_of("bert").path, tmp_path / place)
    return tmp_path


@pytest.fixture
def policy(shelf):
    return Policy(root=(shelf / "root").resolve())


def _refusal(reference, policy, **more) -> str:
    with pytest.raises(ModelError) as caught:
        open_checkpoint(find_model(reference, policy, **more))
    message = str(caught.value)
    assert "\n" not in message and message[-1] in ".)" and len(message) < 400
    return message


def test_the_environment_is_read(monkeypatch, tmp_path):
    for name in ("LAYER_SALIENCY_MODELS", "LAYER_SALIENCY_MODEL_ROOT"):
        monkeypatch.delenv(name, raising=False)
    assert Policy.from_environment() == Policy() and Policy.of_owner() == Policy(any_folder=True)
    monkeypatch.setenv("LAYER_SALIENCY_MODEL_ROOT", str(tmp_path))
    assert Policy.from_environment() == Policy.of_owner() == Policy(root=tmp_path.resolve())
    monkeypatch.setenv("LAYER_SALIENCY_MODELS", "catalog")
    assert Policy.of_owner() == Policy(catalog_only=True, root=tmp_path.resolve())
    monkeypatch.setenv("LAYER_SALIENCY_MODELS", "any")
    assert not Policy.from_environment().catalog_only


@pytest.mark.parametrize("name, value", [("LAYER_SALIENCY_MODELS", "Catalog"), ("LAYER_SALIENCY_MODEL_ROOT", "/no/such/folder")])
def test_a_setting_that_means_nothing_is_named_and_not_passed_over(name, value, monkeypatch):
    """A server that was to be locked must not run open for a slip of the pen."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ModelError, match=name):
        Policy.from_environment()


def test_folders_below_the_root_are_listed_and_found(policy, shelf):
    assert list_folders(policy) == ("./one", "./team/two")
    for name in list_folders(policy):
        spec = find_model(name, policy)
        assert spec.name == name and find_model(spec.name, policy) == spec
        assert open_checkpoint(spec).source == f"the folder {name.removeprefix('./')}"
    assert find_model(str(shelf / "root/team/../team/two").replace("/team/..", ""), policy).name == "./team/two"
    assert (
        not list_folders(Policy())
        and not list_folders(Policy(any_folder=True))
        and not list_folders(Policy(catalog_only=True, root=policy.root))
    )


def test_hidden_folders_are_not_listed(policy, shelf):
    shutil.copytree(shelf / "root/one", shelf / "root/.trash/one")
    assert list_folders(policy) == ("./one", "./team/two")


def test_no_path_climbs_not_even_within_the_root(policy):
    assert "climbs out of a folder" in _refusal("./one/../team/two", policy)


def test_a_listing_is_bounded(tmp_path):
    for number in range(MOST_LISTED + 20):
        (tmp_path / f"{number:03}").mkdir()
        (tmp_path / f"{number:03}" / "config.json").touch()
        (tmp_path / f"{number:03}" / "model.safetensors").touch()
    deep = tmp_path.joinpath("000a", *"bcdefgh")
    deep.mkdir(parents=True)
    assert len(list_folders(Policy(root=tmp_path.resolve()))) == MOST_LISTED


@pytest.mark.parametrize(
    "path",
    [
        "../outside",
        "./../outside",
        "./one/../../outside",
        "{shelf}/outside",
        "/etc",
        "~",
        "~nobody",
        "./one\0",
        "./" + "x" * 5000,
    ],
)
def test_nothing_outside_the_root_is_read_or_told(path, policy, shelf):
    message = _refusal(path.format(shelf=shelf), policy)
    assert "outside" in message or ".." in message or "id of a model" in message or "no folder" in message
    assert str(shelf / "root") not in message


def test_what_lies_outside_sounds_the_same_whether_it_exists_or_not(policy, shelf):
    there, not_there = (_refusal(f"{shelf}/{name}", policy).replace(f"/{name}”", "”") for name in ("outside", "nothing"))
    assert there == not_there


def test_a_folder_that_is_a_link_out_of_the_root_is_refused(policy, shelf):
    (shelf / "root/link").symlink_to(shelf / "outside", target_is_directory=True)
    assert "outside" in _refusal("./link", policy)
    assert "./link" not in list_folders(policy)
    (shelf / "root/inner").symlink_to(shelf / "root/one", target_is_directory=True)
    assert find_model("./inner", policy).name == "./one"  # one folder, one name


@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "tokenizer.json"])
def test_a_file_that_is_a_link_out_of_the_root_is_refused(file, policy, shelf):
    (shelf / "root/one" / file).unlink()
    (shelf / "root/one" / file).symlink_to(shelf / "outside" / file)
    message = _refusal("./one", policy)
    assert file in message and "link" in message and str(shelf) not in message


def test_a_link_put_there_after_the_model_was_chosen_is_seen(policy, shelf):
    spec = find_model("./one", policy)
    (shelf / "root/one/model.safetensors").unlink()
    (shelf / "root/one/model.safetensors").symlink_to(shelf / "outside/model.safetensors")
    with pytest.raises(ModelError, match="link"):
        open_checkpoint(spec)


def test_links_that_stay_below_the_root_are_fine(policy, shelf):
    """So does the cache of the hub keep its files."""
    (shelf / "root/blobs").mkdir()
    (shelf / "root/one/model.safetensors").rename(shelf / "root/blobs/abc")
    (shelf / "root/one/model.safetensors").symlink_to("../blobs/abc")
    assert open_checkpoint(find_model("./one", policy)).weights[0].name == "model.safetensors"


def test_without_a_root_pages_read_no_folder(shelf):
    assert "LAYER_SALIENCY_MODEL_ROOT" in _refusal(str(shelf / "outside"), Policy())
    assert find_model(str(shelf / "outside"), Policy(any_folder=True)).path == (shelf / "outside").resolve()


def test_catalog_mode_offers_the_catalog_alone(policy, shelf):
    locked = Policy(catalog_only=True, root=policy.root)
    assert find_model("sentiment", locked).name == "sentiment"
    for reference in (
        "./one",
        str(shelf / "root/one"),
        "org/name",
        "sentiment@main/x",
        "distilbert/distilbert-base-uncased@main~1",
    ):
        _refusal(reference, locked)
    assert "catalog" in _refusal("distilbert/distilbert-base-uncased-finetuned-sst-2-english@v1", locked)
    assert "pickled" in _refusal("sentiment", locked, trust_pickle=True)
    for head in ("org/base", "./one", "FacebookAI/roberta-base"):
        assert "head" in _refusal("sentiment", locked, head=head)
    ours = find_model("SamLowe/roberta-base-go_emotions", locked, head="FacebookAI/roberta-base")
    assert ours is find_model("SamLowe/roberta-base-go_emotions", locked)
