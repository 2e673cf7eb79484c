"""Roles: which permissions come with a post."""
