"""Worlds in which the name of a host has no address."""
