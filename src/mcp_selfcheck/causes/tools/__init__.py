"""Causes of the layer `tools`, a file for each family."""
