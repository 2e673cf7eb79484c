"""One way to find Chinese words: character bigrams with a GIN index."""
