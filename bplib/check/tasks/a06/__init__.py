"""The tasks of assignment 06: a network of two layers, of any depth, and what its way back costs."""

# The tasks, in the notebook's order.
ORDER = ("forward", "output_error", "backward", "update", "cost", "mlp", "layer", "train")
