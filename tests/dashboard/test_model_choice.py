"""Other models on the Explore page: those of the catalog, one's own, those that can't be had, and those that read two texts."""

import dataclasses
import shutil
from urllib.parse import parse_qsl

import pytest
import streamlit as st

from core.catalog import CATALOG
from core.labels import MULTI_LABEL
from core.policy import MODELS_VARIABLE, ROOT_VARIABLE
from dashboard import asking, engine, model_wording, wording
from dashboard.model_choice import OWN
from tests.dashboard.page import address, components, everything_said, hero, links, notices, press, retype, text_box

TYPED = "Something that a person typed."
HUB = "distilbert/distilbert-base-uncased-finetuned-sst-2-english"  # of the catalog; there is no hub here to get it from
NLI = ("contradiction", "entailment", "neutral")


@pytest.fixture
def root(family_of, variant_folder, tmp_path, monkeypatch):
    """The folder below which models may lie, with one of each kind."""
    root = tmp_path / "models"
    for name, folder in {
        "plain": family_of("bert").path,
        "team/headless": family_of("bert-headless").path,
        "tiny-mnli": variant_folder("bert", NLI),
        "moods": variant_folder("bert", ("joy", "anger", "surprise"), MULTI_LABEL),
    }.items():
        shutil.copytree(folder, root / name)
    monkeypatch.setenv(ROOT_VARIABLE, str(root))
    return root


@pytest.fixture
def news(family_of, monkeypatch):
    """Another small model in the catalog, with a gallery of its own."""
    spec = dataclasses.replace(
        CATALOG["sentiment"], name="news", label="News", path=family_of("roberta").path, gallery=("The shares fell.", "Rain.")
    )
    monkeypatch.setitem(CATALOG, "news", spec)
    return spec


def pick(page, name: str):
    page.selectbox(key="model").set_value(name).run()
    assert not page.exception, page.exception
    return page


def load(page, reference: str = "", **fields):
    """Fill in the form of the own model, and send it."""
    if page.selectbox(key="model").value != OWN:
        pick(page, OWN)
    page.text_input(key="own_reference").set_value(reference)
    for key, value in fields.items():
        next(field for field in (*page.text_input, *page.selectbox, *page.checkbox) if field.key == f"own_{key}").set_value(value)
    return press(page, model_wording.LOAD)


def texts(page) -> dict[str, str]:
    return {box.key.rpartition("-")[0]: box.value for box in page.text_area}


def card(page) -> dict[str, str]:
    (data,) = components(page, "model_card")
    return {name: value for name, value, _ in data["rows"]}


# --- a model of one's own ---
def test_a_folder_below_the_root_is_chosen_from_a_list(open_page, root):
    page = pick(open_page(), OWN)
    assert page.selectbox(key="own_folder").options == ["—", "moods", "plain", "team/headless", "tiny-mnli"]
    load(page, folder="./moods")
    assert (
        page.selectbox(key="model").value == "./moods"
        and not notices(page)
        and hero(page)["question"] in ("joy", "anger", "surprise")
    )
    assert text_box(page).value == CATALOG["sentiment"].gallery[0] and not page.get("button_group")[0].options[2:]
    assert not [box for box in page.text_input if box.key == "own_reference"]  # the form has done its work
    assert page.session_state["own_folder"] == pick(page, OWN).selectbox(key="own_folder").value == ""


def test_nobody_else_sees_it_and_no_address_tells_it(open_page, root):
    page = load(open_page(), "./moods")
    assert address(page) == {} and links(page)["about"].startswith("The model is your own")
    assert dict(parse_qsl(links(page)["queryWithText"])) == {"text": CATALOG["sentiment"].gallery[0]}
    pick(page, "sentiment")
    assert "./moods" in page.selectbox(key="model").proto.options or "moods" in page.selectbox(key="model").options
    other = open_page()
    assert not {"moods", "./moods"} & set(other.selectbox(key="model").options)
    assert "./moods" in notices(open_page(model="./moods"))[0]


@pytest.mark.parametrize(
    "reference, said",
    [
        ("/etc", "outside the one folder"),
        ("./nothing", "no folder"),
        ("../plain", "climbs out"),
        ("nonsense", "neither a model of the catalog nor a folder nor an id"),
        ("org/na me", "no id of a model"),
        ("org/name@..", "no revision"),
        ("", model_wording.NO_NAME),
        ("<b>**x**</b>/y", "“<b>**x**</b>/y”"),
    ],
)
def test_what_cannot_be_named_is_refused_in_the_form(open_page, root, reference, said):
    page = load(open_page(), reference)
    (sentence,) = notices(page)
    assert said in sentence and str(root) not in sentence
    assert page.text_input(key="own_reference").value == reference and hero(page)["pieces"]
    retype(page, TYPED)
    assert hero(page)["texts"][0] == "Something" and address(page)["model"] == "sentiment"


def test_a_form_that_is_left_keeps_what_was_typed(open_page, root):
    page = load(open_page(), "./nothing", revision="v1")
    pick(page, "sentiment")
    assert not notices(page) and not page.text_input
    pick(page, OWN)
    assert [page.text_input(key=f"own_{name}").value for name in ("reference", "revision", "head")] == ["./nothing", "v1", ""]


def test_a_name_and_a_folder_are_one_too_many(open_page, root):
    assert notices(load(open_page(), "./plain", folder="./moods")) == [model_wording.TWO_NAMES]


def test_a_model_that_cannot_be_loaded_leaves_the_one_in_use(open_page, root):
    (root / "plain" / "model.safetensors").rename(root / "plain" / "away")
    page = load(open_page(), "./plain")
    (sentence,) = notices(page)
    assert "no weights" in sentence and hero(page)["pieces"]
    assert page.text_input(key="own_reference").value == "./plain"
    (root / "plain" / "away").rename(root / "plain" / "model.safetensors")
    press(page, wording.RETRY)
    assert page.selectbox(key="model").value == "./plain" and not notices(page)


def test_an_old_pytorch_file_needs_the_tick(open_page, root):
    import torch
    from safetensors.torch import load_file

    folder = root / "plain"
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    page = load(open_page(), "./plain")
    assert "Tick that you trust this checkpoint" in notices(page)[0]
    load(page, "./plain", trust=True)
    assert page.selectbox(key="model").value == "./plain" and not notices(page)


def test_in_catalog_mode_there_is_no_model_of_ones_own(open_page, root, monkeypatch):
    before = pick(open_page(), OWN)
    monkeypatch.setenv(MODELS_VARIABLE, "catalog")
    for page in (open_page(), before.run()):
        assert model_wording.OWN not in page.selectbox(key="model").options and not notices(page) and not page.exception
        assert page.selectbox(key="model").value == "sentiment" and not page.text_input and hero(page)["pieces"]


@pytest.mark.parametrize("variable, value", [(MODELS_VARIABLE, "everything"), (ROOT_VARIABLE, "/no/such/folder")])
def test_a_wrong_setting_of_the_server_is_told_and_stops_nothing(open_page, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    page = open_page()
    assert len(notices(page)) == 1 and variable in notices(page)[0] and hero(page)["pieces"]
    assert model_wording.OWN not in page.selectbox(key="model").options


# --- a model without a language-model head ---
def test_a_missing_head_is_told_and_can_be_added(open_page, root):
    page = load(open_page(), "./team/headless")
    assert card(page)["language-model head"] == "none" and "name a checkpoint" in card(page)["what is missing"]
    assert page.selectbox(key="method").options[0] == "layer saliency, not decoded" and not notices(page)
    assert model_wording.NO_HEAD in [caption.value for caption in page.sidebar.caption]
    press(page, model_wording.ADD_HEAD)
    assert page.text_input(key="own_reference").value == "./team/headless" and not notices(page)
    load(page, "./team/headless", head="./plain")
    assert page.selectbox(key="model").value == "./team/headless?head=./plain" and not notices(page)
    assert card(page)["language-model head"].startswith("./plain@") and "hidden words" in card(page)["how well it reads"]
    assert page.selectbox(key="method").options[0] == "decoded layer saliency"
    assert "reads it as (probability)" in components(page, "layer_readings")[0]["columns"]


def test_every_figure_of_the_card_has_a_unit(open_page):
    rows = card(open_page())
    assert rows["parameters"] == "33,811" and rows["memory"] == "1 MB" and rows["width"] == "32 numbers"
    assert rows["reads"] == "one text, 64 tokens at once" and rows["layers"] == "3, and the embedding below"
    assert rows["answers"] == "one of 3 classes: negative, neutral, positive" and rows["licence"] == "apache-2.0"
    assert rows["runs on"] == "the processor, 32-bit numbers (fp32)" and len(rows["revision"]) == 12


# --- models of the hub ---
def test_a_model_of_the_hub_that_cannot_be_had_leaves_the_one_in_use(open_page):
    page = pick(retype(open_page(), TYPED), HUB)
    assert len(notices(page)) == 1 and "HF_HUB_OFFLINE" in notices(page)[0]
    assert page.selectbox(key="model").value == "sentiment" and hero(page)["texts"][0] == "Something"
    pick(page, "sentiment")
    assert wording.RETRY in [button.label for button in page.button]
    assert "268 MB" in page.selectbox(key="model").options[list(CATALOG).index(HUB)]


def test_an_address_fetches_nothing_by_itself(open_page, monkeypatch):
    asked = []
    monkeypatch.setattr(engine, "facts", lambda spec: asked.append(spec.name))
    page = open_page(model=HUB, text=TYPED)
    assert not asked and len(notices(page)) == 1 and CATALOG[HUB].label in notices(page)[0]
    assert page.selectbox(key="model").value == HUB and address(page) == {"model": HUB}
    monkeypatch.undo()
    press(page, "Load it (268 MB)")
    assert "HF_HUB_OFFLINE" in notices(page)[0] and text_box(page).value == TYPED


def test_stopped_and_tried_again(open_page, news, monkeypatch):
    page, ask = open_page(), engine.facts

    def stop(spec):
        if spec.name == "news":
            raise asking.GivenUp(wording.GIVEN_UP)
        return ask(spec)

    monkeypatch.setattr(engine, "facts", stop)
    pick(page, "news")
    assert notices(page) == [model_wording.stopped(news)] and page.selectbox(key="model").value == "sentiment"
    monkeypatch.setattr(engine, "facts", ask)
    press(page, wording.RETRY)
    assert page.selectbox(key="model").value == "news" and not notices(page) and hero(page)["texts"][:2] == ["The", "shares"]


# --- examples ---
def test_an_untouched_example_gives_way_to_the_other_model_s(open_page, news):
    page = open_page()
    page.selectbox(key="target").set_value("neutral").run()
    pick(page, "news")
    assert texts(page) == {"text": "The shares fell."} and page.selectbox(key="target").value == ""
    assert page.get("button_group")[0].options[0] == "The shares fell"
    pick(page, "sentiment")
    assert texts(page) == {"text": CATALOG["sentiment"].gallery[0]}
    assert open_page.calls.count("analyse") == 3  # the first one's first answer was kept


def test_a_typed_text_is_never_replaced(open_page, news, root):
    page = retype(open_page(), TYPED)
    for name in ("news", "sentiment"):
        assert texts(pick(page, name)) == {"text": TYPED}
    assert texts(load(page, "./tiny-mnli")) == {"text": TYPED, "text_pair": ""}
    assert texts(pick(page, "news")) == {"text": TYPED}


# --- two texts ---
def test_a_model_that_reads_pairs_has_two_boxes(open_page, root):
    page = load(open_page(), "./tiny-mnli")
    assert [box.label for box in page.text_area] == [wording.FIRST_TEXT, wording.SECOND_TEXT]
    assert notices(page) == [wording.PAIR_EXPECTED] and "premise" in text_box(page).help
    retype(page, "It rains.")
    retype(page, "Somebody gets wet.", "text_pair")
    assert not notices(page) and hero(page)["names"] == [wording.FIRST_TEXT, wording.SECOND_TEXT]
    assert "".join(piece for piece, _ in hero(page)["pieces"]) == "It rains.Somebody gets wet."
    page.toggle(key="two_texts").set_value(False).run()
    assert notices(page) == [wording.PAIR_EXPECTED] and not hero(page)["names"]
    page.toggle(key="two_texts").set_value(True).run()
    assert texts(page) == {"text": "It rains.", "text_pair": "Somebody gets wet."}


def test_any_model_can_be_given_two(open_page):
    page = open_page()
    page.toggle(key="two_texts").set_value(True).run()
    assert not notices(page) and not hero(page)["names"]  # nothing in the second box yet
    retype(page, "And more.", "text_pair")
    assert not notices(page) and hero(page)["texts"][-3:] == ["And", "more", "."]
    assert "text2" not in address(page)
    assert dict(parse_qsl(links(page)["queryWithText"]))["text2"] == "And more."


def test_the_address_opens_two_texts(open_page):
    page = open_page(text="It rains.", text2="Somebody gets wet.")
    assert texts(page) == {"text": "It rains.", "text_pair": "Somebody gets wet."} and len(hero(page)["names"]) == 2
    assert address(page) == {"model": "sentiment"}
    assert dict(parse_qsl(links(page)["queryWithText"])) == {"model": "sentiment", "text": "It rains.", "text2": "Somebody gets wet."}


def test_examples_of_pairs_fill_both_boxes(open_page, variant_folder, monkeypatch):
    pair = dataclasses.replace(
        CATALOG[next(n for n in CATALOG if "nli" in n)], name="pairs", repo=None, path=variant_folder("bert", NLI)
    )
    monkeypatch.setitem(CATALOG, "pairs", pair)
    page = pick(open_page(), "pairs")
    assert texts(page) == dict(zip(("text", "text_pair"), pair.gallery[0].split("\n\n"))) and not notices(page)
    pills = page.get("button_group")[0]
    pills.set_value(pills.options[1]).run()
    assert texts(page)["text_pair"] == pair.gallery[1].split("\n\n")[1] and len(hero(page)["names"]) == 2
    pick(page, "sentiment")
    assert texts(page) == {"text": CATALOG["sentiment"].gallery[0]} and "probab" in everything_said(page).lower()


def test_folders_are_listed_anew_after_a_while(root):
    from core.policy import Policy
    from dashboard import model_choice

    st.cache_data.clear()
    assert model_choice.folders(Policy(root=root)) == ("./moods", "./plain", "./team/headless", "./tiny-mnli")
    assert model_choice.folders(Policy(root=root, catalog_only=True)) == ()


def test_an_edit_gives_the_gallery_another_widget_in_which_nothing_is_chosen(open_page):
    """With one widget for good, a click right behind an edit would bring the choice that the browser still shows along, look
    like a new choice of it, and put the example in the place of what was typed."""
    page = open_page()
    before = page.get("button_group")[0]
    assert before.value
    retype(page, TYPED)
    after = page.get("button_group")[0]
    assert after.proto.id != before.proto.id and not after.value
    assert texts(page)["text"] == TYPED
