"""Parquet files that exist only because a row says so."""
