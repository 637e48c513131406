"""Whether memory stays flat: `python -m tests.benchmarks.cycles [--cycles 50]`.

A pool with room for one model is asked for two in turn, so that every request loads one and frees the other; each is asked
one question, as a visitor would. Looked at after each cycle: the device's memory in use, that of the process on the CPU.
"""

import argparse
import statistics
from dataclasses import replace

from core.catalog import CATALOG
from core.devices import choose_device, used_memory
from core.models import load_classifier
from core.pipeline import analyse
from core.pool import ModelPool
from core.records import Query
from tests.benchmarks.timing import print_machine

TEXT = "The cast is wonderful and the story moves, but the second half drags."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cycles", type=int, default=50)
    args = parser.parse_args()
    first = next(iter(CATALOG.values()))
    specs, device = (first, replace(first, name="the same again")), choose_device()
    pool, used = ModelPool(lambda spec, device, *_: load_classifier(spec, device), max_models=1), []
    print_machine()
    for cycle in range(args.cycles):
        spec = specs[cycle % 2]
        with pool.lease(spec, device=device) as classifier:
            analyse(classifier, Query(spec.name, TEXT))
        del classifier
        used.append(used_memory(device) / 2**20)
    size = pool.held()[0][1] / 2**20
    early, late = statistics.mean(used[5:10]), statistics.mean(used[-5:])
    pool.clear()
    print(f"\n{args.cycles} cycles of a model of {size:.0f} MB on {device}. Memory in use, MB:\n")
    print("| cycles 6 to 10, mean | last five, mean | change | smallest and largest from the 6th on | after clearing |")
    print("|---:|---:|---:|---:|---:|")
    change, cleared = 100 * (late / early - 1), used_memory(device) / 2**20
    print(f"| {early:.0f} | {late:.0f} | {change:+.1f} % | {min(used[5:]):.0f}, {max(used[5:]):.0f} | {cleared:.0f} |")


if __name__ == "__main__":
    main()
