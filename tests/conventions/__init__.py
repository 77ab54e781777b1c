"""Conventions that nothing else holds: names, descriptions, YAML keys and the direction of dependencies."""
