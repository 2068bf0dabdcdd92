"""bplib: the library of *Backprop, Proven*. An op is a function that returns its value and its pullback."""

__version__ = "0.1.0"
