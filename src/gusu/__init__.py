"""Gusu (姑苏): a city government platform."""
