"""Every figure of the book: one module a topic, one function a figure, one look for all (:mod:`lrdlib.plots.style`).

This is the only part of lrdlib that needs matplotlib. Plot functions take arrays and results, compute
nothing, and return a :class:`lrdlib.plots.style.Figure`; nothing else in lrdlib imports them.
"""
