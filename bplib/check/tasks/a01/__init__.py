"""Assignment 01: a first network."""

ORDER = ("predict", "mse", "slopes", "one_step", "train", "forecast", "layer", "network_step")
