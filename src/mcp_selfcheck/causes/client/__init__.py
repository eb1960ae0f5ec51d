"""Causes of the layer `client`, a file for each family."""
