"""Causes of the layer `upstream`, a file for each family."""
