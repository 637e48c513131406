"""The galleries under short names."""

import pytest

from core.catalog import CATALOG
from core.embedded.gallery import GALLERIES
from dashboard import examples


@pytest.mark.parametrize("spec", CATALOG.values(), ids=lambda spec: spec.name)
def test_every_example_has_a_short_name_of_its_own(spec):
    names = examples.gallery(spec)
    assert list(names.values()) == list(spec.gallery) and all(0 < len(name) <= 40 for name in names)


def test_names_that_were_given_are_kept():
    assert examples.gallery(CATALOG["sentiment"]) == GALLERIES["sentiment"]


def test_an_example_is_known_letter_for_letter():
    text = CATALOG["sentiment"].gallery[0]
    assert examples.is_example(text) and not examples.is_example(text + " ") and not examples.is_example("")


def test_two_texts_are_parted_at_the_first_blank_line():
    assert examples.split_pair("one\n\ntwo\n\nthree") == ("one", "two\n\nthree")
    assert examples.split_pair("one") == ("one", "")
