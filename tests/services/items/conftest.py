"""Tests that read the pages take the whole city."""

from tests.city import city, city_database

__all__ = ["city", "city_database"]
