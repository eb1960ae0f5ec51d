"""Causes of the layer `tls`, a file for each family."""
