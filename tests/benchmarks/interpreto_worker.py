"""The other side of `perturbation.py`: runs under an interpreter that has interpreto, and imports nothing of the project.

`PYTHON interpreto_worker.py FOLDER THREADS`; each line of JSON on standard input is one explanation, each line out its scores.
"""

import json
import sys

import torch
from interpreto import Granularity, KernelShap, Lime
from interpreto.attributions import InferenceModes
from transformers import AutoModelForSequenceClassification, AutoTokenizer

METHODS = {"lime": Lime, "kernel_shap": KernelShap}


def main() -> None:
    folder, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    model, tokenizer = AutoModelForSequenceClassification.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    for line in sys.stdin:
        wanted = json.loads(line)
        explainer = METHODS[wanted["method"]](
            model, tokenizer, batch_size=wanted["batch"], n_perturbations=wanted["samples"], granularity=Granularity.WORD,
            inference_mode=InferenceModes.SOFTMAX,
        )  # fmt: skip
        with torch.no_grad():
            found = explainer(wanted["text"])
        print(json.dumps(found[0].attributions.flatten().tolist()), flush=True)


if __name__ == "__main__":
    main()
