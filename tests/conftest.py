"""What every test shares: no network, few threads, and one tiny model of each family for the whole session."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"  # before transformers is imported: a test that reaches for a hub fails
os.environ["TRANSFORMERS_VERBOSITY"] = "error"  # half of a folder is unknown to either Auto class, which it would report each time
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
os.environ["LAYER_SALIENCY_HOME"] = os.devnull  # calibrations of whoever runs the tests change none, and no test writes there

import pytest


@pytest.fixture(scope="session")
def family_of(tmp_path_factory):
    """`family_of(name)`: the folder of a family or variant, built once a session."""
    from tests.families import VARIANTS, build_folder  # here, so that tests without a model pay for no torch import

    built = {}

    def get(name: str):
        if name not in built:
            family, differences = VARIANTS.get(name, (name, {}))
            built[name] = build_folder(family, tmp_path_factory.mktemp(name), **differences)
        return built[name]

    return get


@pytest.fixture(scope="session")
def classifier_of(family_of):
    """`classifier_of(name)`: the family as the engine loads it, once a session."""
    from core.catalog import find_model
    from core.models import load_classifier

    loaded = {}

    def get(name: str):
        if name not in loaded:
            loaded[name] = load_classifier(find_model(str(family_of(name).path)), device="cpu")
        return loaded[name]

    return get


@pytest.fixture(scope="session")
def variant_folder(family_of, tmp_path_factory):
    """`variant_folder(family, labels=None, problem_type=None)`: see `variants.build_variant`; built once a session."""
    from tests.variants import build_variant  # here, as above

    built = {}

    def get(*key):
        if key not in built:
            built[key] = build_variant(family_of(key[0]), tmp_path_factory.mktemp("variant") / key[0], *key[1:])
        return built[key]

    return get


@pytest.fixture(scope="session")
def variant_of(variant_folder):
    """`variant_of(family, labels=None, problem_type=None)`: the same as the engine loads it."""
    from core.catalog import find_model
    from core.models import load_classifier

    loaded = {}

    def get(*key):
        if key not in loaded:
            loaded[key] = load_classifier(find_model(str(variant_folder(*key))), device="cpu")
        return loaded[key]

    return get
