"""Every benchmark in one command: `python -m tests.benchmarks [--only limit growth …] [--quick] [--into FILE]`.

Each script of this folder that prints a section of RESULTS.md is run in turn, in a process of its own, and its output takes the
place of that script's section; sections of scripts that are not run, or are no more, stay as they are. A section has the script's own
docstring (what is measured, and how), the machine with its versions, and what was printed. Text that no script prints is in
`RESULTS_INTRO.md`, and the remarks on single results in `remarks/NAME.md`, both of which are written by hand and put in as
they are. A script that fails is named in the table of runs with its reason; what it printed before that, such as figures beyond
their budget, is written all the same.
"""

import argparse
import ast
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPTS = {  # name → (heading, arguments that make it short, or None where it has to be run in full)
    "limit": ("Against what the machine can do", ["--quick"]),
    "growth": ("How cost grows", ["--quick"]),
    "peak_memory": ("Peak memory", ["--quick"]),
    "peers": ("Against what a user would pick instead", ["--quick"]),
    "trace": ("Trace", ["--tokens", "32", "--rounds", "3"]),
    "decode": ("Decoding", ["--tokens", "32", "--rounds", "3"]),
    "wall": ("The Compare page's first wall", ["--tokens", "32", "--rounds", "1"]),
    "perturbation": ("LIME and KernelSHAP", ["--tokens", "32", "--samples", "20", "--rounds", "1"]),
    "corpus": ("A run over a file", ["--tokens", "32", "--rows", "64", "--rounds", "2", "--growth", "16", "32", "--memory", "1000"]),
    "corpus_table": ("A run's table", ["--rows", "5000"]),
    "threads": ("Threads that share one operation", ["--sessions", "1", "--questions", "2", "--rounds", "1"]),
    "cycles": ("Loading and freeing", ["--cycles", "12"]),
    "agreement": ("Half precision", []),
    "room": ("Room", ["--sessions", "1", "--questions", "2", "--rounds", "1", "--clicks", "1"]),
    "page_speed": ("The page's speed", ["--quick"]),
}
FULL = {"agreement": ["--device", "cpu"], "limit": ["--budget", "5000"]}  # arguments of a run in full
LONGEST = 4 * 3600  # seconds of one script
MARK = "<!-- {}: `python -m tests.benchmarks --only {}` -->"


@dataclass(frozen=True)
class Run:
    """How one script ended."""

    name: str
    seconds: float
    printed: str
    failure: str
    """One line; empty: it ran through."""


def run(name: str, quick: bool) -> Run:
    """Run one script in a child process."""
    extra = FULL.get(name, []) + (SCRIPTS[name][1] if quick else [])
    start = time.perf_counter()
    try:
        command = [sys.executable, "-m", f"tests.benchmarks.{name}", *extra]
        done = subprocess.run(command, cwd=HERE.parents[1], capture_output=True, text=True, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired:
        return Run(name, LONGEST, "", f"not done after {LONGEST // 3600} hours")
    lines = done.stderr.strip().splitlines() or ["nothing was said"]
    failure = "" if done.returncode == 0 else f"ended with {done.returncode}: {lines[-1][:200]}"
    return Run(name, time.perf_counter() - start, done.stdout.strip(), failure)


def section_of(name: str, printed: str) -> str:
    """A script's section: heading, what its docstring says behind the first line, what it printed, remarks."""
    said = ast.get_docstring(ast.parse((HERE / f"{name}.py").read_text(encoding="utf-8"))) or ""
    first, _, rest = said.partition("\n")
    remarks = HERE / "remarks" / f"{name}.md"
    parts = [f"## {SCRIPTS[name][0]} (`{name}.py`)", first.split(": `python")[0].rstrip(".") + ".", rest.strip(), printed]
    parts += [remarks.read_text(encoding="utf-8").strip()] if remarks.exists() else []
    return "\n\n".join(part for part in parts if part)


def read_sections(file: Path) -> dict[str, str]:
    """The sections that a file has already, by script."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    pieces = re.split(r"^<!-- (\w+): .*? -->$", text, flags=re.MULTILINE)[1:]
    return {name: body.strip() for name, body in zip(pieces[::2], pieces[1::2])}


def compose(sections: dict[str, str], table: str) -> str:
    """The whole file: introduction, runs, sections in the order of `SCRIPTS`."""
    intro = HERE / "RESULTS_INTRO.md"
    head = intro.read_text(encoding="utf-8").strip() if intro.exists() else "# Benchmark results"
    names = [*(name for name in SCRIPTS if name in sections), *(name for name in sections if name not in SCRIPTS)]
    marked = [f"{MARK.format(name, name)}\n{sections[name]}" for name in names]
    return "\n\n".join([head, f"{MARK.format('runs', ' '.join(SCRIPTS))}\n{table}", *marked]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=SCRIPTS, default=list(SCRIPTS))
    parser.add_argument("--quick", action="store_true", help="whether every script works, not how fast anything is: prints, and writes only with --into")
    parser.add_argument("--into", type=Path, help="the file to write; by default RESULTS.md, unless --quick")
    args = parser.parse_args()
    file = args.into or (None if args.quick else HERE / "RESULTS.md")
    sections = read_sections(file) if file else {}
    rows = dict(re.findall(r"^\| `(\w+)` (\|.*)$", sections.pop("runs", ""), flags=re.MULTILINE))
    failed = False
    for name in args.only:
        done = run(name, args.quick)
        failed |= bool(done.failure)
        rows[name] = f"| {done.seconds / 60:.1f} | {done.failure or ('quick' if args.quick else 'in full')} |"
        print(f"{name}: {rows[name]}", flush=True)
        if done.printed:
            sections[name] = section_of(name, done.printed)
        table = "## Runs\n\n| script | minutes | how |\n|---|---:|---|\n" + "\n".join(f"| `{name}` {rows[name]}" for name in SCRIPTS if name in rows)
        text = compose(sections, table)
        if file:
            file.write_text(text, encoding="utf-8")  # after each: an hour's work is not lost with the next one
    if not file:
        print(text)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
