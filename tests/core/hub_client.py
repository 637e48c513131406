"""Loads in a program of its own, as a person starts it: for each line of JSON on standard input, one line of what came of it.

HF_ENDPOINT, HF_HOME and HF_HUB_OFFLINE are read when huggingface_hub is imported, so only a fresh program keeps to them.
"""

import json
import sys
import threading
import time
from functools import partial
from pathlib import Path


class Left(BaseException):
    """The person went away; not an Exception, as Streamlit's own signals are none."""


def main(order: dict) -> dict:
    """What came of it: the checkpoint, or the sentence, or where it was left; with all that was told meanwhile."""
    import core.hub
    import core.transfer
    from core.catalog import find_model
    from core.errors import ModelError
    from core.hub import open_checkpoint, open_head
    from core.policy import Policy

    core.transfer.PAUSE = 0.01  # so that giving up takes no quarter of a minute
    core.hub.SPARE = order.get("spare", 2**20)
    told = []

    def progress(stage: str, share: float) -> None:
        assert threading.current_thread() is threading.main_thread()  # a page's own thread is the only one that may draw
        told.append((stage, share))
        if order.get("leave_at") is not None and stage.startswith("Downloading") and share >= order["leave_at"]:
            raise Left

    begun = time.perf_counter()
    try:
        if order.get("head"):
            seen, check = [], None
            if "checks" in order:
                check = partial(_look, seen, order["checks"])
            made = open_head(
                order["head"], Policy(**order.get("policy", {})), progress, check=check, most_bytes=order.get("most_bytes")
            )
            told += [("seen", files) for files in seen]
        else:
            made = open_checkpoint(find_model(order["model"], Policy(), trust_pickle=order.get("trust", False)), progress)
    except ModelError as error:
        return {"refused": str(error), "told": told}
    except LookupError as error:
        return {"unfit": str(error), "told": told}
    except Left:
        return {"left": True, "seconds": time.perf_counter() - begun, "told": told}
    answer = {"path": str(made.path), "weights": [str(file) for file in made.weights], "revision": made.revision}
    answer |= {"is_pickled": made.is_pickled, "source": made.source, "told": told}
    if order.get("analyse"):
        answer |= _analyse(order)
    return answer


def _look(seen: list, is_fit: bool, folder: Path) -> None:
    """A check of a head: what lay in the folder when it was asked. Its error has a cause that the hub's errors have too."""
    seen.append(sorted(file.name for file in folder.iterdir()))
    if not is_fit:
        raise LookupError("of another family") from ConnectionError(",".join(seen[0]))


def _analyse(order: dict) -> dict:
    """The whole way: hub id → classifier → report."""
    from core.catalog import find_model
    from core.models import load_classifier
    from core.pipeline import analyse
    from core.records import Query

    classifier = load_classifier(find_model(order["model"], head=order.get("user_head")), device="cpu")
    report = analyse(classifier, Query(order["model"], order["analyse"]))
    return {
        "provenance": [report.provenance.model, report.provenance.revision, report.provenance.lm_head],
        "decoded": report.decoding is not None,
    }


def refusal(answer: dict) -> str:
    """What such a program was refused with: one sentence, and nothing of the client's own words."""
    message = answer["refused"]
    assert (
        "\n" not in message
        and message[-1] in ".)"
        and len(message) < 400
        and "Traceback" not in message
        and "Error" not in message
    )
    return message


def same(path: str, file: Path) -> bool:
    """Whether two files hold the same bytes."""
    return Path(path).read_bytes() == file.read_bytes()


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(main(json.loads(line))), flush=True)
