"""Causes of the layer `proxy`, a file for each family."""
