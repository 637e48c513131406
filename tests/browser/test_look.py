"""The pages look as they did: the kept pictures, and that the comparison sees what it must and nothing else."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from tests.browser import look


@pytest.mark.parametrize("view", look.VIEWS, ids=lambda view: view.file.stem)
def test_the_page_looks_as_it_did(browser, still_server, view):
    assert view.file.exists(), f"{view.file.name} is missing; `python -m tests.browser.look --write` makes it."
    share = look.changed(Image.open(view.file), look.shoot(browser, still_server, view))
    assert share <= look.MOST_CHANGED, (
        f"{share:.2%} of {view.file.name} has changed. If that is meant, `python -m tests.browser.look --write` renews it; look at it."
    )


@pytest.fixture(scope="module")
def still_server(tmp_path_factory):
    """A server with nothing in it but what comes with the project, as `tests.browser.look` starts one."""
    folder = tmp_path_factory.mktemp("still")
    with look.serve(folder, LAYER_SALIENCY_RUNS=str(folder / "runs"), HF_HUB_OFFLINE="1") as address:
        yield address


@pytest.fixture(params=[view for view in look.VIEWS if view.page in ("explore", "compare", "learn")], ids=lambda view: view.file.stem)
def kept(request) -> Image.Image:
    """A kept picture: of pages with text, with a wall of colours, and with a figure."""
    return Image.open(request.param.file).convert("RGB")


def test_the_set_is_small():
    assert sum(file.stat().st_size for file in look.FOLDER.glob("*.png")) < 6_000_000
    assert {file.name for file in look.FOLDER.glob("*.png")} == {view.file.name for view in look.VIEWS}


def test_a_picture_is_like_itself_and_like_its_own_few_colours(kept):
    assert look.changed(kept, kept) == 0
    assert look.changed(kept, kept.quantize(look.COLOURS).convert("RGB")) <= look.MOST_CHANGED


@pytest.mark.parametrize("step", [(1, 0), (-1, 0), (0, 1), (0, -1)], ids=str)
def test_letters_drawn_a_pixel_elsewhere_are_no_change(kept, step):
    noise = np.random.default_rng(0).integers(-6, 7, (kept.height, kept.width, 1))
    moved = np.roll(np.asarray(kept, dtype=int), step, axis=(0, 1)) + noise
    moved = Image.fromarray(np.clip(moved, 0, 255).astype(np.uint8))
    assert look.changed(kept, moved) <= look.MOST_CHANGED
    softened = kept.filter(ImageFilter.GaussianBlur(0.6))  # another way to smooth the edges of letters
    assert look.changed(kept, softened) <= look.MOST_CHANGED


def page(card=(255, 255, 255), fill=(230, 97, 1), text_at=0, line=(216, 217, 212), has_second=True) -> Image.Image:
    """A page as simple as can be: two cards, a line of text, a coloured word."""
    picture = Image.new("RGB", (800, 600), (251, 251, 249))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((40, 60, 760, 260), 12, fill=card, outline=line)
    if has_second:
        draw.rounded_rectangle((40, 280, 760, 500), 12, fill=card, outline=line)
        draw.text((64, 300), "How each layer reads this word, from the first to the last", fill=(29, 37, 48), font_size=17)
    draw.text((64, 80 + text_at), "What layer 3 used for “positive”, word by word, in logits", fill=(29, 37, 48), font_size=27)
    draw.rectangle((64, 150, 164, 180), fill=fill)
    return picture


@pytest.mark.parametrize(
    "other", [page(has_second=False), page(fill=(44, 123, 182)), page(text_at=8), page(text_at=-8), page(card=(229, 231, 233))],
    ids=["a card is missing", "orange became blue", "a text 8 px lower", "a text 8 px higher", "cards of another grey"],
)  # fmt: skip
def test_a_change_that_one_sees_is_found(other):
    assert look.changed(page(), page()) == 0
    assert look.changed(page(), other) > look.MOST_CHANGED


def test_everything_on_a_kept_page_8_px_lower_is_found(kept):
    lower = Image.new("RGB", kept.size, kept.getpixel((kept.width - 3, 3)))
    lower.paste(kept, (0, 8))
    assert look.changed(kept, lower) > look.MOST_CHANGED


def test_another_size_is_another_picture():
    assert look.changed(page(), page().resize((400, 300))) == 1
