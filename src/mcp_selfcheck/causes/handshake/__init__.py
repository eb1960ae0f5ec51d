"""Causes of the layer `handshake`, a file for each family."""
