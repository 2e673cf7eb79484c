"""Base registers of subjects - people, later firms: records of many departments linked, fused, explained."""
