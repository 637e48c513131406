"""A few well-known classifiers of the hub, as plain data. Nothing is loaded here."""

from core.model_spec import ModelSpec

# Public classifiers that hold safetensors on their main branch. Each names the model that it was fine-tuned from, whose
# masked-language-model head still reads its layers. The revision is not fixed: the commit found is written into every report.
HUB_MODELS = (
    ModelSpec(
        "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
        "DistilBERT: film reviews",
        "English film-review sentences, negative or positive (SST-2).",
        repo="distilbert/distilbert-base-uncased-finetuned-sst-2-english",
        head="distilbert/distilbert-base-uncased",
        pair=False,
        gallery=(
            "The first hour drags, yet the ending made me forgive every minute of it.",
            "Nobody on that set seems to have read the script before the cameras rolled.",
            "Hardly a masterpiece, but I laughed more than at anything else this year.",
        ),
        license="apache-2.0",
        megabytes=268,
    ),
    ModelSpec(
        "nlptown/bert-base-multilingual-uncased-sentiment",
        "BERT, multilingual: product reviews",
        "Product reviews in English, Dutch, German, French, Spanish and Italian, one to five stars.",
        repo="nlptown/bert-base-multilingual-uncased-sentiment",
        head="google-bert/bert-base-multilingual-uncased",
        pair=False,
        gallery=(
            "The kettle boils fast but the lid broke in the second week.",
            "Schöne Verpackung, leider kam die Lampe ohne Stecker.",
            "Très contente : la veste est chaude et la livraison a pris deux jours.",
        ),
        license="mit",
        megabytes=669,
    ),
    ModelSpec(
        "unitary/toxic-bert",
        "BERT: toxic comments (several labels)",
        "English comments on Wikipedia: toxic, severely toxic, obscene, threat, insult, identity hate; any number of them.",
        repo="unitary/toxic-bert",
        head="google-bert/bert-base-uncased",
        pair=False,
        gallery=(
            "Thanks for fixing the dates, the article reads much better now.",
            "Only a fool would revert this twice, so stop it.",
            "Your edits are rubbish and so are you.",
        ),
        license="apache-2.0",
        megabytes=438,
    ),
    ModelSpec(
        "SamLowe/roberta-base-go_emotions",
        "RoBERTa: emotions (several labels)",
        "English comments on Reddit: 27 emotions and neutral (GoEmotions), any number of them at once.",
        repo="SamLowe/roberta-base-go_emotions",
        head="FacebookAI/roberta-base",
        pair=False,
        gallery=(
            "I didn't expect anyone to remember my birthday, thank you so much!",
            "Wait, you mean the museum has been closed since March?",
            "I keep thinking I should have called her back that evening.",
        ),
        license="mit",
        megabytes=499,
    ),
    ModelSpec(
        "cross-encoder/nli-distilroberta-base",
        "DistilRoBERTa: does one sentence follow from another?",
        "Two English sentences: contradiction, entailment or neutral (SNLI and MultiNLI).",
        repo="cross-encoder/nli-distilroberta-base",
        head="distilbert/distilroberta-base",
        pair=True,
        gallery=(
            "A woman is repairing her bicycle in the rain.\n\nSomebody is outdoors.",
            "The bakery opens at six every morning.\n\nThe bakery is closed before noon.",
            "Two boys are playing chess.\n\nThe boys are brothers.",
        ),
        license="apache-2.0",
        megabytes=328,
    ),
    ModelSpec(
        "tasksource/ModernBERT-base-nli",
        "ModernBERT: does one sentence follow from another?",
        "Two English texts, also long ones: entailment, neutral or contradiction (MultiNLI, ANLI and some twenty more).",
        repo="tasksource/ModernBERT-base-nli",
        head="answerdotai/ModernBERT-base",
        pair=True,
        gallery=(
            "All trains to the coast were cancelled on Sunday.\n\nNobody reached the coast by train on Sunday.",
            "The committee praised the plan but asked for a cheaper one.\n\nThe plan was accepted as it stood.",
        ),
        license="apache-2.0",
        megabytes=598,
    ),
    ModelSpec(
        "cross-encoder/stsb-distilroberta-base",
        "DistilRoBERTa: how alike are two sentences? (one value)",
        "Two English sentences: how alike their meanings are, as one value, the higher the more (STS benchmark).",
        repo="cross-encoder/stsb-distilroberta-base",
        head="distilbert/distilroberta-base",
        pair=True,
        gallery=(
            "A man is slicing bread.\n\nSomebody is cutting a loaf.",
            "The parliament votes on Thursday.\n\nThe vote was postponed to next year.",
        ),
        license="apache-2.0",
        megabytes=328,
    ),
)
