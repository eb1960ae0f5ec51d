"""Causes of the layer `stdio`, a file for each family."""
