"""Causes of the layer `config`, a file for each family."""
