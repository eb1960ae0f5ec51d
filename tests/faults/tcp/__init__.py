"""Worlds in which a port is closed, filtered, held by somebody else, or open to all."""
