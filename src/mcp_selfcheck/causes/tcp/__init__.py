"""Causes of the layer `tcp`, a file for each family."""
