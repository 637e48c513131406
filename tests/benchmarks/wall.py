"""What the Compare page runs unasked, against one run of integrated gradients: `python -m tests.benchmarks.wall [--tokens 32 128]`.

References: Captum's layer integrated gradients over the embeddings with 50 steps, its default, all rows in one batch; and ours,
the same quadrature and steps. Each contestant reads the text and traces it anew; nothing is remembered from one round to the next.
"""

import argparse

import torch
from captum.attr import LayerIntegratedGradients

from core.baselines import run_method
from core.baselines.integrated import run_integrated
from core.cards import run_at_once
from core.case import open_case
from core.catalog import CATALOG
from core.compare import compare
from core.models import Classifier, load_classifier
from core.records import Query
from tests.benchmarks.timing import median_seconds, print_machine, print_ratios
from tests.benchmarks.trace import text_of

MODEL, STEPS = "sentiment", 50
REFERENCE = f"Captum, integrated gradients, {STEPS} steps"


def captum(classifier: Classifier, query: Query) -> torch.Tensor:
    """(1, T) scores from [MASK] pieces to the text's own, special tokens kept."""
    case = open_case(classifier, query)
    ids, words = case.reading.batch.input_ids, torch.tensor(case.reading.tokens.word_of)[None]
    baseline = torch.where(words.to(ids.device) < 0, ids, classifier.tokenizer.mask_token_id)

    def ask(rows: torch.Tensor) -> torch.Tensor:
        return classifier.model(input_ids=rows, attention_mask=torch.ones_like(rows)).logits[:, case.target]

    explainer = LayerIntegratedGradients(ask, classifier.model.get_input_embeddings())
    return explainer.attribute(ids, baselines=baseline, n_steps=STEPS).sum(-1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, nargs="+", default=[32, 128])
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    classifier = load_classifier(CATALOG[MODEL])
    print_machine()
    for tokens in args.tokens:
        query = Query(MODEL, text_of(classifier, tokens))
        first = compare(classifier, query, run_at_once(open_case(classifier, query).n_words))
        methods = tuple(first.rows)

        def scores_alone(query: Query = query, methods: tuple[str, ...] = methods) -> None:
            case = open_case(classifier, query)
            for name in methods:
                run_method(case, name)

        contestants = {
            REFERENCE: lambda query=query: captum(classifier, query),
            f"ours, integrated gradients, {STEPS} steps": lambda query=query: run_integrated(open_case(classifier, query), "integrated_mask", STEPS),
            f"scores of {len(methods)} methods": scores_alone,
            "the same, with every game of every method and layer": lambda query=query, methods=methods: compare(classifier, query, methods),
        }
        seconds = median_seconds(contestants, args.rounds, warm_up=1)
        print_ratios(f"The page's first wall, {tokens} tokens, {len(first.word_spans)} words", seconds, REFERENCE)
        print(f"\n{first.forwards} masked texts read forward, {first.backwards} rows forward and backward; refused: {', '.join(first.refusals) or 'none'}.")


if __name__ == "__main__":
    main()
