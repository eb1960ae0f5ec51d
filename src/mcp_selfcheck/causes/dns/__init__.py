"""Causes of the layer `dns`, a file for each family."""
