"""The card of a loaded model, and whether its head fits, on models that are known to read well or not at all."""

import copy

import pytest
import torch

from core.catalog import CATALOG
from core.fitness import GUESSES, measure_fitness
from core.head_source import OWN
from core.models import describe, load_classifier
from core.progress import silent
from tests.families import LABELS, LIMIT, WIDTH


@pytest.fixture(scope="module")
def sentiment():
    return load_classifier(CATALOG["sentiment"], device="cpu")


def test_a_card_says_what_was_loaded(classifier_of):
    classifier, card = classifier_of("bert"), describe(classifier_of("bert"))
    assert (card.family, card.architecture) == ("bert", "BertForSequenceClassification")
    assert (card.layers, card.width, card.max_length, card.labels) == (3, WIDTH, LIMIT, LABELS)
    assert card.vocabulary == len(classifier.tokenizer)
    assert card.parameters == sum(parameter.numel() for parameter in classifier.model.parameters())
    assert (card.problem_type, card.expects_pair) == ("single_label_classification", False)
    assert (card.device, card.dtype, card.revision) == ("cpu", "fp32", classifier.revision)
    assert (card.head_source, card.missing_head) == (OWN, "") and card.fitness is classifier.fitness


def test_memory_counts_shared_tensors_once(classifier_of):
    """The head of the same checkpoint adds its own transform and bias, but no second vocabulary × width."""
    classifier, card = classifier_of("bert"), describe(classifier_of("bert"))
    assert classifier.lm_head.weight is classifier.model.get_input_embeddings().weight
    own = 4 * (WIDTH * WIDTH + WIDTH + 2 * WIDTH + card.vocabulary)
    buffers = sum(buffer.nbytes for buffer in classifier.model.buffers())
    assert card.memory_bytes == 4 * card.parameters + buffers + own


def test_a_card_without_a_head_says_how_to_add_one(classifier_of):
    card = describe(classifier_of("bert-headless"))
    assert card.head_source == "" and "as its head" in card.missing_head and card.fitness is None and card.takes_head


def test_an_encoder_decoder_is_not_offered_a_head(classifier_of):
    card = describe(classifier_of("bart"))
    assert card.head_source == "" and not card.takes_head and "encoder–decoder" in card.missing_head


def test_the_embedded_model_s_head_names_words_and_finds_some_that_are_hidden(sentiment):
    fitness = sentiment.fitness
    assert fitness.own_top1 > 0.95 and fitness.masked_words >= 8 and fitness.found_top5 >= 2
    assert str(fitness.found_top5) in fitness.sentence and "own encoder" in fitness.sentence
    assert fitness.sentence.endswith(".") and "\n" not in fitness.sentence and len(fitness.sentence) < 300


def test_a_head_of_noise_is_said_to_read_poorly(sentiment):
    head = copy.deepcopy(sentiment.lm_head)
    with torch.no_grad():
        head.weight.copy_(torch.randn(head.weight.shape, generator=torch.Generator().manual_seed(0)))
    fitness = measure_fitness(sentiment.model, sentiment.tokenizer, head, OWN, None, silent)
    assert fitness.own_top1 < 0.05 and fitness.found_top5 <= 1 and "poorly" in fitness.sentence


def test_the_base_is_asked_where_there_is_one(sentiment):
    """Here a language model that answers by rote."""
    asked, words = [], [sentiment.tokenizer.convert_tokens_to_ids(word.lower()) for _, word, _ in GUESSES]

    class Rote(torch.nn.Module):
        def forward(self, input_ids, attention_mask):
            asked.append(input_ids)
            logits = torch.zeros(*input_ids.shape, 17000)
            logits[torch.arange(len(input_ids)), (input_ids == sentiment.tokenizer.mask_token_id).int().argmax(1), words] = 1
            return type("Output", (), {"logits": logits})

    fitness = measure_fitness(sentiment.model, sentiment.tokenizer, sentiment.lm_head, "org/base", Rote, silent)
    assert (fitness.found_top5, fitness.masked_words, fitness.base) == (len(GUESSES), len(GUESSES), "org/base")
    assert "well" in fitness.sentence and "org/base" in fitness.sentence
    hidden = asked[0] == sentiment.tokenizer.mask_token_id
    assert (hidden.sum(1) == 1).all()


def test_causal_heads_guess_the_next_word(classifier_of):
    """The sentence is cut off before the word."""
    from core.fitness import _hide

    tokenizer = classifier_of("gpt2").tokenizer
    whole = tokenizer("x of a")["input_ids"]
    hidden = _hide(tokenizer, None, "x of", "a", " and more")
    assert hidden.ids == whole[:-1] and hidden.answer == whole[-1] and hidden.position == len(whole) - 2


def test_what_can_not_be_tried_is_said(classifier_of, monkeypatch):
    import core.fitness

    classifier = classifier_of("bert")
    assert classifier.fitness.masked_words == 0 and "cuts every one" in classifier.fitness.sentence
    monkeypatch.setattr(core.fitness, "LARGEST_BASE", 10)
    fitness = measure_fitness(classifier.model, classifier.tokenizer, classifier.lm_head, "org/base", lambda: None, silent)
    assert "too large" in fitness.sentence and fitness.masked_words == 0


def test_pieces_added_after_the_model_learned_are_left_out(sentiment):
    """A look-up beyond the table would fail, on a graphics card for good."""
    grown, size = copy.deepcopy(sentiment.tokenizer), len(sentiment.model.get_input_embeddings().weight)
    grown.add_tokens(["capital city", "cup of tea"])
    grown.add_special_tokens({"pad_token": "[NEW]"})
    assert min(grown.convert_tokens_to_ids(piece) for piece in ("capital city", "cup of tea", "[NEW]")) >= size
    fitness = measure_fitness(sentiment.model, grown, sentiment.lm_head, OWN, None, silent)
    assert fitness.masked_words == sentiment.fitness.masked_words - 2 and fitness.found_top5 <= sentiment.fitness.found_top5
    assert fitness.own_top1 > 0.95


def test_of_a_tokenizer_all_of_whose_pieces_are_unknown_nothing_is_said_to_be_read(sentiment):
    grown = copy.deepcopy(sentiment.tokenizer)
    grown.add_tokens([f"{before} {word}{after}" for before, word, after in GUESSES])
    fitness = measure_fitness(sentiment.model, grown, sentiment.lm_head, OWN, None, silent)
    assert fitness.own_top1 == 0 and fitness.masked_words == 0 and "never learned" in fitness.sentence
