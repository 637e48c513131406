"""`python -m tests.fuzz TARGET --minutes 5`: inputs that reach new lines of the code are changed on (atheris, libFuzzer).

Prints what was tried and what broke; each new failure is kept, in `seeds/TARGET`, once for each place that raised it.
"""

import argparse
import hashlib
import os
import sys
import time
import traceback
from pathlib import Path
from random import Random

os.environ |= {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "LAYER_SALIENCY_HOME": os.devnull,
}

from tests.fuzz import SEEDS, TARGETS, load_target, seeds_of
from tests.fuzz.folders import new_folder, remove_folders
from tests.fuzz.json_values import changed

try:
    import atheris
except ImportError:
    sys.exit("The fuzzer needs atheris, which the tests do without: pip install atheris==3.0.0 (Linux and macOS; Apache-2.0).")

LONGEST = 4096  # bytes of an input
MOST_SECONDS = 10.0  # of the processor for one input; more counts as a failure
ROOT = Path(__file__).parents[2]


def main() -> None:
    """Fuzz until the time is over."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--minutes", type=float, default=60.0, help="of the processor (60)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, help="folder of the inputs that reached new lines: a later run goes on with them")
    args = parser.parse_args()
    with atheris.instrument_imports(include=["core", "dashboard"]):
        module = load_target(args.target)
    run = Run(args.target, module, args.minutes)
    folder = args.corpus or new_folder()
    folder.mkdir(parents=True, exist_ok=True)
    for at, start in enumerate((*module.STARTS, *seeds_of(args.target).values())):
        (folder / str(at)).write_bytes(start)
    longest = max(LONGEST, 2 * max(map(len, module.STARTS)))
    kept = SEEDS / args.target
    kept.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_len={longest}",
        f"-seed={args.seed}",
        "-rss_limit_mb=6000",
        "-timeout=120",
        "-verbosity=0",
        "-detect_leaks=0",
        "-report_slow_units=60",  # by the clock, which a busy machine makes long
    ]
    options.append(f"-artifact_prefix={kept}/died-")  # where what is not Python dies, which ends the run
    mutate = {"custom_mutator": mutate_json} if getattr(module, "is_json", False) else {}
    atheris.Setup([sys.argv[0], *options, str(folder)], run.one, **mutate)
    run.start()
    atheris.Fuzz()


def mutate_json(data: bytes, most: int, seed: int) -> bytes:
    """Three times of four a change of values, else libFuzzer's own of bytes."""
    made = changed(bytes(data), Random(seed)) if seed % 4 else None
    return made if made is not None and len(made) <= most else atheris.Mutate(bytes(data), most)


class Run:
    """Counts inputs and keeps what breaks."""

    def __init__(self, name: str, module, minutes: float):
        self.name, self.target, self.seconds = name, module.target, minutes * 60
        self.n, self.failures, self.slowest = 0, {}, 0.0

    def start(self) -> None:
        """Time is counted from here."""
        self.began = time.process_time()

    def one(self, data: bytes) -> None:
        """Try one input; the last one ends the program."""
        begun = time.process_time()
        try:
            self.target(data)
        except Exception as error:
            self.keep(data, _place_of(error), error)
        spent = time.process_time() - begun
        if spent > MOST_SECONDS:
            self.keep(data, "slow", TimeoutError(f"{spent:.1f} s"))
        self.n, self.slowest = self.n + 1, max(self.slowest, spent)
        if time.process_time() - self.began > self.seconds:
            self.end()

    def keep(self, data: bytes, place: str, error: Exception) -> None:
        """Write down an input, once for each place that raised the error, shorter ones in the place of longer ones."""
        digest = hashlib.sha256(place.encode()).hexdigest()[:10]
        is_new, shorter = place not in self.failures, len(data) < len(self.failures.get(place, data))
        if is_new or shorter:
            self.failures[place] = data
            (SEEDS / self.name / f"{type(error).__name__}-{digest}").write_bytes(data)
        if is_new:
            print(f"BROKEN {place}: {''.join(traceback.format_exception(error, limit=-6))}", flush=True)

    def end(self) -> None:
        """Say what was done; libFuzzer would go on."""
        minutes, broken = (time.process_time() - self.began) / 60, len(self.failures)
        said = f"{self.n:,} inputs in {minutes:.1f} minutes of the processor, {broken} failures, slowest {self.slowest:.2f} s"
        print(f"{self.name}: {said}", flush=True)
        remove_folders()
        os._exit(bool(self.failures))


def _place_of(error: Exception) -> str:
    """Kind of the error, and the last line of the project that it passed."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(str(ROOT)) and "venv" not in frame.filename
    ]
    own = [frame for frame in frames if "/tests/fuzz/" not in frame.filename] or frames
    return f"{type(error).__name__} {Path(own[-1].filename).relative_to(ROOT)}:{own[-1].lineno}" if own else type(error).__name__


if __name__ == "__main__":
    main()
