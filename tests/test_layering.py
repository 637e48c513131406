"""The rules of who may import whom and how large a piece may be, checked on the source alone."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TORCH_FREE = (  # of core
    "records", "prediction", "provenance", "capability", "errors", "methods", "labels", "progress", "catalog", "model_spec", "policy",
    "public_models", "references", "folders", "combine", "markup", "export",
    "score_table", "report", "report.one_text", "report.slide", "report.notebook", "report.corpus", "report.run_folder", "report_command", "embedded.gallery", "embedded.failures", "lesson_records",
    "edits", "edit_records", "flip_words", "comparison", "cards", "faithfulness", "bootstrap", "agreement", "plausibility", "labelled",
    "calibration", "calibration_store", "embedded.calibration_texts", "tally", "partial_results",
    "corpus.records", "corpus.chunk_table", "corpus.store", "corpus.sums", "corpus.summary", "corpus.words", "corpus_command",
    "corpus.rationales", "corpus.notes", "corpus.method_table", "corpus_printing", "corpus.chunks", "corpus.clock", "cluster", "cluster_feed",
    "labelled_rows", "tables.guess", "tables.reading", "tables.texts", "tables.reader_process", "tables.reader_parquet", "tables.reader_workbook",
)  # fmt: skip
WEIGHT_READERS = ("core/weights.py", "core/embedded/")  # `embedded` makes models, it serves none
READS_WEIGHTS = {"from_pretrained", "load_file", "safe_open", "load_state_dict"}
STATEFUL = {"cache_data", "cache_resource", "session_state"}
STATEFUL_FILES = (
    "dashboard/engine.py", "dashboard/lesson_engine.py", "dashboard/asking.py", "dashboard/cached.py", "dashboard/session.py", "dashboard/layer_choice.py", "dashboard/permalink.py", "dashboard/model_choice.py", "dashboard/compare_choice.py", "dashboard/corpus_choice.py",
    "dashboard/corpus_runs.py", "dashboard/corpus_methods.py", "dashboard/run_reading.py", "dashboard/what_if.py", "dashboard/what_if_engine.py", "dashboard/learn_choice.py",
)  # fmt: skip
MAX_LINES, MAX_FUNCTION = 250, 50


def files_of(*folders: str) -> list[Path]:
    """Every Python file under the folders."""
    return [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]


def name_of(file: Path) -> str:
    """Its path from the root, as rules write it."""
    return file.relative_to(ROOT).as_posix()


@cache
def tree_of(file: Path) -> ast.Module:
    """Its syntax tree."""
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def module_of(file: Path) -> str:
    """Its dotted module name."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(file: Path, in_functions: bool = True) -> set[str]:
    """Dotted names it imports: `from a import b` gives a and a.b. Without functions: those that importing it costs."""
    found, nodes = set(), [tree_of(file)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = module_of(file).split(".")
            up = node.level - (file.name == "__init__.py")
            base = ".".join([*package[: len(package) - up], node.module or ""]).strip(".") if node.level else node.module
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
        is_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        is_for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if in_functions or not (is_function or is_for_types):
            nodes += ast.iter_child_nodes(node)
    return found


def touches(imports: set[str], *modules: str) -> set[str]:
    """Those imports that are one of the modules, or lie inside one."""
    return {name for name in imports if any(name == module or name.startswith(module + ".") for module in modules)}


@cache
def graph() -> dict[str, set[str]]:
    """Module → project modules whose import it costs (parents apart: `core/__init__.py` imports nothing)."""
    modules = {module_of(file): file for file in files_of("core", "dashboard")}
    return {module: imports_of(file, in_functions=False) & modules.keys() - {module} for module, file in modules.items()}


def reachable(module: str) -> set[str]:
    """The module and all it imports, directly or not."""
    found, waiting = set(), [module]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting += graph()[here]
    return found


def cost_of(file: Path) -> set[str]:
    """Everything that importing this file imports, project modules looked through."""
    paths = {module_of(file): file for file in files_of("core", "dashboard")}
    return set().union(*(imports_of(paths[module], in_functions=False) for module in reachable(module_of(file))))


def names_in(file: Path) -> set[str]:
    """Every name and attribute it mentions."""
    tree = tree_of(file)
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    arguments = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg}
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    return attributes | names | arguments | imported


def test_the_engine_knows_no_user_interface():
    assert len(files_of("core")) > 10
    found = {name_of(file): touches(imports_of(file), "streamlit", "plotly", "altair", "dashboard") for file in files_of("core")}
    assert not {file: bad for file, bad in found.items() if bad}


@pytest.mark.parametrize("module", TORCH_FREE)
def test_records_and_their_kin_cost_no_torch(module):
    """Nor does anything they import."""
    place = ROOT / "core" / module.replace(".", "/")
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    assert not touches(cost_of(file) | imports_of(file), "torch", "transformers", "tokenizers", "captum")


def test_package_of_the_engine_imports_nothing():
    assert not imports_of(ROOT / "core" / "__init__.py")


def test_weights_are_read_in_one_place():
    rest = [file for file in files_of("core", "dashboard") if not name_of(file).startswith(WEIGHT_READERS)]
    found = {name_of(file): names_in(file) & READS_WEIGHTS for file in rest}
    found |= {name_of(file): {"torch.load"} for file in rest if "torch.load" in ast.unparse(tree_of(file))}
    assert not {file: bad for file, bad in found.items() if bad}


def test_caches_and_session_state_live_in_few_files():
    rest = [file for file in files_of("core", "dashboard") if name_of(file) not in STATEFUL_FILES]
    found = {name_of(file): names_in(file) & STATEFUL for file in rest}
    assert not {file: bad for file, bad in found.items() if bad}


def test_ray_is_an_extra_that_one_file_knows():
    found = {name_of(file) for file in files_of("core", "dashboard") if touches(imports_of(file), "ray")}
    assert found == {"core/cluster.py"}
    assert not touches(imports_of(ROOT / "core/cluster.py", in_functions=False), "ray")


def test_figures_know_neither_streamlit_nor_torch():
    found = {name_of(file): touches(cost_of(file) | imports_of(file), "streamlit", "torch") for file in files_of("dashboard/figures")}
    assert found, "there are no figures"
    assert not {file: bad for file, bad in found.items() if bad}


def test_views_know_neither_torch_nor_the_trace():
    found = {name_of(file): touches(imports_of(file), "torch", "core.trace") for file in files_of("dashboard/views")}
    assert found, "there are no views"
    assert not {file: bad for file, bad in found.items() if bad}


def test_no_import_cycles():
    in_cycle = {module for module in graph() if any(module in reachable(other) for other in graph()[module])}
    assert not in_cycle


def test_no_file_is_too_long():
    lengths = {name_of(file): len(file.read_text(encoding="utf-8").splitlines()) for file in files_of("core", "dashboard")}
    assert not {file: n for file, n in lengths.items() if n > MAX_LINES}


def test_no_function_is_too_long():
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    lengths = {
        f"{name_of(file)}:{node.name}": node.end_lineno - node.lineno + 1
        for file in files_of("core", "dashboard")
        for node in ast.walk(tree_of(file))
        if isinstance(node, kinds)
    }
    assert not {function: n for function, n in lengths.items() if n > MAX_FUNCTION}


def test_no_file_is_a_drawer_for_leftovers():
    assert not [name_of(file) for file in files_of("core", "dashboard") if file.stem in ("utils", "util", "helpers", "helper", "misc")]


def test_no_page_file_hides_a_standard_module():
    """`dashboard/` is on the import path while its launcher runs."""
    assert not [file.name for file in (ROOT / "dashboard").glob("*.py") if file.stem in sys.stdlib_module_names - {"__init__"}]


def test_text_reaches_html_through_one_function():
    """`html` is imported in one file of the engine alone, and no page is told to trust what it is given."""
    importers = [name_of(file) for file in files_of("core", "dashboard") if touches(imports_of(file), "html", "markupsafe")]
    importers = [file for file in importers if not file.startswith("core/embedded/training/")]  # reads HTML, writes none
    assert importers == ["core/markup.py"]
    trusting = [name_of(file) for file in files_of("core", "dashboard") if "unsafe_allow_html" in names_in(file)]
    assert not trusting


def test_no_code_is_loaded_with_a_model():
    """`trust_remote_code` is False wherever it is named, and nothing is unpickled in a served model's path."""
    for file in files_of("core", "dashboard"):
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.keyword) and node.arg == "trust_remote_code":
                assert isinstance(node.value, ast.Constant) and node.value.value is False, f"{name_of(file)}:{node.value.lineno}"
        assert not touches(imports_of(file), "pickle", "joblib", "cloudpickle", "dill"), name_of(file)
