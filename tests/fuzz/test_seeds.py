"""What broke a reader once breaks it no more. No fuzzer is needed for it."""

import pytest

from tests.fuzz import SEEDS, TARGETS, load_target, seeds_of

KEPT = [(name, seed) for name in TARGETS for seed in seeds_of(name)]


@pytest.mark.parametrize("name", TARGETS)
def test_where_the_fuzzer_begins_nothing_is_broken(name):
    module = load_target(name)
    assert module.STARTS
    for start in module.STARTS:
        for cut in (len(start), len(start) // 2, 1, 0):
            module.target(start[:cut])


@pytest.mark.parametrize(("name", "seed"), KEPT)
def test_what_was_broken_once_is_mended(name, seed):
    load_target(name).target(seeds_of(name)[seed])


def test_every_seed_belongs_to_a_target_and_is_small():
    assert {path.name for path in SEEDS.iterdir() if any(path.iterdir())} <= set(TARGETS)
    assert sum(len(content) for name in TARGETS for content in seeds_of(name).values()) < 100_000
