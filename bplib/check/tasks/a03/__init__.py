"""Assignment 03: the chain rule and computational graphs."""

# The tasks, in the notebook's order.
ORDER = ("links", "growth", "unbroadcast", "compose", "in_order", "sweep", "tape", "speelpenning")
