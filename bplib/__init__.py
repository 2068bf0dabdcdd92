"""bplib: the library of *Backprop, Proven*. An op is a function that returns its value and its pullback.

    from bplib import ops                     # value, pullback = ops.tanh(z)
    from bplib import Tensor, grad            # the tape, and derivatives as functions of functions
    from bplib import functional, nn, optim   # ops on tensors, layers, optimisers
    from bplib.gradcheck import gradcheck     # is this gradient right?
    from bplib.train import fit               # the training loop
    from bplib import data, viz, metrics      # data sets, figures, accuracy and its kin

Nothing but NumPy is imported until a part that needs more is.
"""

from bplib.autodiff import grad, jacobian, jvp, value_and_grad, vjp
from bplib.tape import Tensor, apply, no_grad

__all__ = ["Tensor", "apply", "grad", "jacobian", "jvp", "no_grad", "value_and_grad", "vjp"]

__version__ = "0.1.0"
