"""One experiment a module: each defines ``EXPERIMENT`` (or a list, ``EXPERIMENTS``)."""
