"""The stages of `core.embedded.recipe`: vocabulary, language model, classifier, card. They make models and serve none."""
