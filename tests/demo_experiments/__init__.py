"""Tiny experiments for the tests of the engine; never shipped."""
