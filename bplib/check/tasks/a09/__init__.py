"""Assignment 09: overfitting and regularisation."""

ORDER = (
    "scale",
    "bias_variance",
    "l2_penalty",
    "soft_threshold",
    "dropout",
    "shifted",
    "early_stopping",
    "rescue",
)
