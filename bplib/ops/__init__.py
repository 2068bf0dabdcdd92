"""Every op: a function that returns its value and its pullback.

``value, pullback = op(*arguments)``. The pullback takes the gradient of the loss with respect to the value
and returns the gradient with respect to each differentiable argument, in order; a single one bare.

A pullback may be called as often as you like, but it keeps references to arrays, not copies: neither what went
into the op nor its value may be changed in place before the last call. (Class labels and ids are copied.)
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
from bplib.ops.attention import (
    attention_weights,
    multi_head_attention,
    multi_head_weights,
    scaled_dot_product_attention,
)
from bplib.ops.conv import conv2d, conv_transpose2d
from bplib.ops.dropout import dropout
from bplib.ops.elementwise import add, div, exp, log, maximum, mul, power, sqrt, sub, where
from bplib.ops.embedding import embedding
from bplib.ops.linear import linear, matmul
from bplib.ops.losses import (
    bce_with_logits,
    gaussian_nll,
    hinge_loss,
    huber_loss,
    kl_divergence,
    mae_loss,
    mse_loss,
    softmax_cross_entropy,
)
from bplib.ops.norm import batch_norm, batch_norm_inference, layer_norm
from bplib.ops.pool import avg_pool2d, global_avg_pool2d, max_pool2d
from bplib.ops.recurrent import gru, lstm, rnn
from bplib.ops.reduce import logsumexp, max, mean, sum
from bplib.ops.shape import broadcast_to, concatenate, getitem, reshape, transpose

# Whatever is marked differentiable is an op. Maps and statistics, for looking at, are helpers beside them.
__all__ = [name for name in dir() if callable(globals()[name]) and hasattr(globals()[name], "differentiable")]
