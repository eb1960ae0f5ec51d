"""Causes of the layer `launch`, a file for each family."""
