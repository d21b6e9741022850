"""Settings that all tests share."""

from hypothesis import settings

# The same examples every time, and no example fails for being slow on a busy machine
settings.register_profile("lrdlib", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("lrdlib")
