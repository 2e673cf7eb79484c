"""Tests of the site that want a whole city take `city`."""

from tests.city import city, city_database

__all__ = ["city", "city_database"]
