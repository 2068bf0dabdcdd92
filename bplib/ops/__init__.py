"""Every op: a function that returns its value and its pullback.

``value, pullback = op(*arguments)``. The pullback takes the gradient of the loss with respect to the value
and returns the gradient with respect to each differentiable argument, in order; a single one bare.
"""

from bplib.ops.activations import (
    elu,
    gelu,
    leaky_relu,
    log_softmax,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)
from bplib.ops.conv import conv2d, conv_transpose2d
from bplib.ops.elementwise import (
    add,
    broadcast_to,
    concatenate,
    div,
    exp,
    getitem,
    log,
    logsumexp,
    max,
    maximum,
    mean,
    mul,
    power,
    reshape,
    sqrt,
    sub,
    sum,
    transpose,
    where,
)
from bplib.ops.linear import linear, matmul
from bplib.ops.pool import avg_pool2d, global_avg_pool2d, max_pool2d

__all__ = [name for name in dir() if not name.startswith("_") and callable(globals()[name])]
