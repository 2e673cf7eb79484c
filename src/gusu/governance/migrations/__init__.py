"""One rewritten initial migration until the first release."""
