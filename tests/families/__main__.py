"""`python -m tests.families [--write]`: build a tiny model of every family, run the whole analysis, print the table of the README."""

import argparse
import os
import tempfile
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error")

from tests.families.table import README, make_table, replace_table

parser = argparse.ArgumentParser(prog="python -m tests.families", description=__doc__)
parser.add_argument("--write", action="store_true", help="put the table into README.md between its markers")
write = parser.parse_args().write
with tempfile.TemporaryDirectory() as folder:
    from tests.families import EVERY, build_folder

    table = make_table({name: build_folder(name, Path(folder) / name).path for name in EVERY})
if write:
    README.write_text(replace_table(README.read_text(encoding="utf-8"), table), encoding="utf-8")
else:
    print(table)
