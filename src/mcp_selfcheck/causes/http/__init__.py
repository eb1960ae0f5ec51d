"""Causes of the layer `http`, a file for each family."""
