"""Assignment 04: activations."""

# The tasks, in the notebook's order.
ORDER = (
    "relu",
    "sigmoid",
    "scaled_tanh",
    "elu",
    "log_sigmoid",
    "softmax",
    "unit_report",
    "gradient_norms",
)
