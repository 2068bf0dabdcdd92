"""The tasks of assignment 07: first weights, what they lead to, two norms, clipping, and a deep network rescued."""

# The tasks, in the notebook's order.
ORDER = ("first_weights", "forecast", "clip", "batch_norm", "running", "layer_norm", "blocks", "rescue")
