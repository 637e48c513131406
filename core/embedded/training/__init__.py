"""The stages of `core.embedded.recipe`: vocabulary, language model, classifier, card. Used to make models, never to serve them."""
