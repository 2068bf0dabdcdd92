"""The tasks of assignment 02: slopes by measurement, slopes by formula, and the check that compares the two."""

# The tasks, in the notebook's order.
ORDER = (
    "numerical_gradient",
    "jacobian",
    "density",
    "softmax",
    "gaussian_nll",
    "map_loss",
    "complex_step",
    "gradcheck",
)
