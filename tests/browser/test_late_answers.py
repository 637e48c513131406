"""Clicks faster than the page is drawn: what a browser still shows of an older state must not undo a newer choice.

With each event a browser sends the values of all widgets as it last drew them. The server's answers are held back
here, so that the second click surely comes from a page that has not seen the answer to the first.
"""

import re

from playwright.sync_api import expect


def test_a_word_clicked_before_the_map_s_layer_is_drawn_leaves_the_layer(visit):
    explore = visit(with_line=True)
    explore.line.hold()
    explore.cell("cast", "layer 1").click()
    explore.line.wait_for_answer(1)
    explore.word("predictable").click()
    explore.line.wait_for_answer(2)
    explore.line.let_go()
    explore.settle()
    expect(explore.title).to_contain_text("What layer 1 used for")
    expect(explore.slider).to_have_attribute("aria-valuetext", re.compile("^1"))
    expect(explore.readings).to_contain_text("“predictable”")


def test_a_click_before_an_edit_is_drawn_does_not_undo_it(visit):
    explore = visit("/?layer=3", with_line=True)
    explore.type_text("The cast is wonderful.")  # a box that nobody typed into says nothing of itself
    explore.line.hold()
    explore.page.get_by_role("button", name="Mask", exact=True).click()
    explore.line.wait_for_answer(1)
    explore.cell("cast", "layer 4").click()
    explore.line.wait_for_answer(2)
    explore.line.let_go()
    explore.settle()
    expect(explore.title).to_contain_text("What layer 4 used for")
    box = explore.page.get_by_role("textbox", name="Text", exact=True)
    expect(box).to_have_value("The cast is [MASK].")
    explore.expect_hero_text("The cast is [MASK].")  # what the server read, not only what the box says
