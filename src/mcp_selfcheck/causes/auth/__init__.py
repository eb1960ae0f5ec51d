"""Causes of the layer `auth`, a file for each family."""
