"""`python -m tests.benchmarks.faithfulness PART… --data DIR --out DIR`: run parts of the study, one after the other; `table`: RESULTS.md."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch is imported

import argparse
import logging
from pathlib import Path


def main() -> None:
    from tests.benchmarks.faithfulness.study import PARTS, run_part

    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.faithfulness", description=__doc__)
    parser.add_argument("parts", nargs="+", choices=[*PARTS, "table"])
    parser.add_argument("--data", type=Path, help="the folder with sst2, agnews, sst_trees and eraser_movies")
    parser.add_argument("--out", type=Path, required=True, help="where the figures of each part are written")
    parser.add_argument("--n", type=int, help="texts, instead of each part's own number")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.parts:
        if name == "table":
            from tests.benchmarks.faithfulness.table import write_table

            write_table(args.out, Path(__file__).with_name("RESULTS.md"))
        else:
            run_part(name, args.data, args.out, args.n)


if __name__ == "__main__":
    main()
