"""The tasks of assignment 08: the rules of optimisers, schedules, the rate of momentum on a bowl, and a fair race."""

# The tasks, in the notebook's order.
ORDER = ("momentum", "nesterov", "scaled_step", "adam", "adamw", "schedule", "slowest", "race")
