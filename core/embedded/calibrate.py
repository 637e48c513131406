"""Make calibration.json of every embedded model, or of those named: `python -m core.embedded.calibrate [NAME …]`."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from core.calibrate import calibrate, servable
from core.calibration import RULES
from core.calibration_store import SHIPPED, write
from core.catalog import EMBEDDED_MODELS
from core.console import show_progress
from core.embedded.calibration_texts import CALIBRATION_TEXTS, SOURCES
from core.models import load_classifier


def main() -> None:
    """Calibrate for every method with layers and both target rules, on the CPU in fp32, and write the file beside the weights."""
    parser = argparse.ArgumentParser(prog="python -m core.embedded.calibrate", description=__doc__.splitlines()[0])
    names = [spec.name for spec in EMBEDDED_MODELS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"embedded models, of: {', '.join(names)} (default: all)")
    args = parser.parse_args()
    if strange := set(args.names) - set(names):
        parser.error(f"there is no embedded model “{min(strange)}”; there are: {', '.join(names)}")
    for spec in EMBEDDED_MODELS:
        if args.names and spec.name not in args.names:
            continue
        with show_progress() as tell:
            classifier = replace(load_classifier(spec, "cpu", "fp32"), calibrations={})
            made: list[Any] = []
            for rule in RULES:
                texts = CALIBRATION_TEXTS[spec.name]
                made += calibrate(classifier, texts, servable(classifier), tell, rule, SOURCES[spec.name]).values()
        write(cast("Path", spec.path) / SHIPPED, made)  # embedded models have one
        for one in made:
            print(f"{spec.name} {one.key}: {one.sentence}")


if __name__ == "__main__":
    main()
