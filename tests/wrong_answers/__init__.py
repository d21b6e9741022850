"""Typical wrong answers to each assignment, and what each must cost."""
