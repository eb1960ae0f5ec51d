"""Causes of the layer `session`, a file for each family."""
