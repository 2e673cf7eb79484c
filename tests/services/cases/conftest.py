from tests.committing import committed, own_keys

__all__ = ["committed", "own_keys"]
