"""Every data resource described: the thirteen core elements, its items, its code."""
