"""The tests of each assignment, one module each."""
