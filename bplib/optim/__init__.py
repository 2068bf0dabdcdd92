"""Optimisers: what to do with a gradient once it is there.

A rule (``bplib.optim.rules``) is the mathematics: a function that returns the new parameter and its new
memory. An ``Optimizer`` applies one rule to a list of parameters. A schedule is a function of the step:
``optimizer.lr = schedule(t)``.
"""

from bplib.optim.clipping import clip_grad_norm, clip_grad_value
from bplib.optim.finder import Sweep, find_lr
from bplib.optim.optimizers import SGD, AdaGrad, Adam, AdamW, AMSGrad, Optimizer, RMSprop
from bplib.optim.schedules import (
    ConstantLR,
    CosineLR,
    ExponentialLR,
    LinearLR,
    OneCycleLR,
    Schedule,
    StepLR,
    WarmUpLR,
)

__all__ = [
    "SGD",
    "AMSGrad",
    "AdaGrad",
    "Adam",
    "AdamW",
    "ConstantLR",
    "CosineLR",
    "ExponentialLR",
    "LinearLR",
    "OneCycleLR",
    "Optimizer",
    "RMSprop",
    "Schedule",
    "StepLR",
    "Sweep",
    "WarmUpLR",
    "clip_grad_norm",
    "clip_grad_value",
    "find_lr",
]
