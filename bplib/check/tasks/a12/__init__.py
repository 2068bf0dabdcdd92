"""Assignment 12: adversarial training."""

ORDER = (
    "best_detective",
    "detective_loss",
    "forger_loss",
    "play",
    "detective_step",
    "forger_step",
    "count_modes",
    "game",
)
