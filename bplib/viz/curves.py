"""What happens while a network learns: loss curves, gradient norms layer by layer, distributions of
activations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from bplib.viz import style as s
from bplib.viz._data import Array, finite
from bplib.viz.alt import Drawn, describe, number

_TRAINING, _VALIDATION = ("training_", "train_"), ("validation_", "valid_", "val_")


def training_curves(
    history: Mapping[str, Sequence[float]],
    *,
    keys: Sequence[str] | None = None,
    log: bool = False,
    ax: Any = None,
    size: str = "column",
) -> Drawn:
    """Loss and metrics, one panel each, training solid and validation dashed.

    ``history`` maps a name to one number per epoch: ``{"loss": […], "val_loss": […], "accuracy": […]}``.
    The prefixes train_ and val_ (also written out) say which is which; without one it is training. ``keys``
    picks quantities by their names without prefix; ``log`` gives the loss a logarithmic axis. Several
    panels: ``ax`` is a sequence of as many axes.
    """
    panels = _panels(history, keys)
    many = len(panels)
    if ax is not None and many > 1 and len(np.atleast_1d(ax)) != many:
        raise ValueError(
            f"training_curves: {many} quantities ({', '.join(panels)}) need {many} axes, "
            f"got {len(np.atleast_1d(ax))}; pick some with keys=."
        )
    height = s.SIZES[size][1] * (0.75 * many + 0.25) if size in s.SIZES else None
    given = np.atleast_1d(ax)[0] if ax is not None and many == 1 else ax
    with s.drawing(given, size, height=height, rows=many) as (fig, axes):
        for one, (quantity, curves) in zip(np.atleast_1d(axes), panels.items(), strict=True):
            _curves(one, quantity, curves, log and quantity == "loss")
        return Drawn(fig, axes)


def _panels(history: Mapping[str, Any], keys: Sequence[str] | None) -> dict[str, dict[str, Array]]:
    """quantity → {"Training": numbers, "Validation": numbers}."""
    panels: dict[str, dict[str, Array]] = {}
    for name in history:
        side, quantity = "Training", name
        for prefix in (*_TRAINING, *_VALIDATION):
            if name.startswith(prefix):
                side, quantity = "Training" if prefix in _TRAINING else "Validation", name[len(prefix) :]
        if quantity != "epoch" and (keys is None or quantity in keys):
            curve = finite("training_curves", f"history[{name!r}]", history[name], "(epochs,)")
            panels.setdefault(quantity, {})[side] = curve
    for quantity in keys or ():
        if quantity not in panels:
            raise KeyError(f"training_curves: history has no {quantity!r}; it has {', '.join(history)}.")
    if not panels:
        raise ValueError("training_curves: history is empty.")
    for quantity, curves in panels.items():
        if len({len(c) for c in curves.values()}) > 1:
            lengths = ", ".join(f"{side.lower()} {len(c)}" for side, c in curves.items())
            raise ValueError(f"training_curves: {quantity} has curves of different lengths: {lengths}.")
    return panels


def _curves(ax: Any, quantity: str, curves: dict[str, Array], log: bool) -> None:
    word = quantity.replace("_", " ")
    falls = "loss" in quantity or "error" in quantity
    sentences = []
    looks = {"Training": ("-", "o", s.VALUE), "Validation": ("--", "s", s.INK)}
    for side, (line, marker, colour) in looks.items():
        if side not in curves:
            continue
        y = curves[side]
        epochs = np.arange(1, len(y) + 1)
        ax.plot(
            epochs, y, linestyle=line, marker=marker, color=colour, label=side.lower(),
            markevery=max(1, len(y) // 10), markerfacecolor=s.CARD if side == "Validation" else colour,
        )  # fmt: skip
        best = int(np.argmin(y) if falls else np.argmax(y))
        if side == "Training":
            verb = "stays at" if y[0] == y[-1] else "falls from" if y[-1] < y[0] else "rises from"
            path = number(y[0]) if y[0] == y[-1] else f"{number(y[0])} to {number(y[-1])}"
            epoch_word = "epoch" if len(y) == 1 else "epochs"
            sentences.append(f"Training {word} {verb} {path} over {len(y)} {epoch_word}")
        else:
            extreme = "lowest" if falls else "highest"
            sentences.append(f"validation {word} is {extreme}, {number(y[best])}, at epoch {best + 1}")
            ax.plot(
                [best + 1], [y[best]], marker="o", markersize=12, markerfacecolor="none",
                markeredgecolor=s.INK, linestyle="none", label=f"{extreme}: {number(y[best])}",
            )  # fmt: skip
    ax.set(xlabel="epoch", ylabel=word)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    if log:
        if any(np.any(c <= 0) for c in curves.values()):
            raise ValueError(f"training_curves: {quantity} is not positive everywhere; it has no logarithm.")
        ax.set_yscale("log")
    ax.legend()
    text = "; ".join(sentences) + "."
    describe(ax, text[0].upper() + text[1:])


def gradient_flow(gradients: Any, *, ax: Any = None, size: str = "column") -> Drawn:
    """The L2 norm of the gradient of each layer or parameter, on a logarithmic axis, first layer on top.

    ``gradients``: a mapping name → gradient (an array of any shape), a module after ``backward()``, or, to
    compare several networks, a mapping label → such a mapping or module with the same names.
    """
    series = _series(gradients)
    names = list(next(iter(series.values())))
    norms = {k: np.array([np.linalg.norm(g) for g in v.values()]) for k, v in series.items()}
    positive = np.concatenate([n[n > 0] for n in norms.values()])
    floor = positive.min() / 10 if positive.size else 0.1  # where a norm of 0 is shown, with a word
    rows = np.arange(len(names))
    with s.drawing(ax, size, height=max(2.4, 1.0 + 0.32 * len(names))) as (fig, ax):
        for k, (label, norm) in enumerate(norms.items()):
            colour = s.GRADIENT if len(norms) == 1 else s.SERIES[k % len(s.SERIES)]
            marker, line = s.MARKERS[k % len(s.MARKERS)], s.LINES[k % len(s.LINES)]
            shown = np.where(norm > 0, norm, np.nan)  # the line is broken where there is nothing
            ax.plot(shown, rows, marker=marker, linestyle=line, color=colour, label=label, markersize=7)
            for row in rows[norm == 0]:
                ax.plot([floor], [row], "X", color=s.INK, markersize=9, zorder=4)
                ax.annotate("ZERO", (floor, row), xytext=(8, 0), textcoords="offset points", va="center")
        ax.set_xscale("log")
        low, high = (positive.min(), positive.max()) if positive.size else (0.1, 1.0)
        low = floor if any(np.any(n == 0) for n in norms.values()) else low
        ax.set_xlim(low / 2, max(high * 2, low * 20))
        ax.set_yticks(rows, names)
        ax.set(xlabel="norm of the gradient (L2, log scale)", ylim=(len(names) - 0.5, -0.5))
        if len(norms) > 1:
            ax.legend()
        describe(ax, " ".join(_flow_sentence(k, names, n) for k, n in norms.items()))
        return Drawn(fig, ax)


def _series(gradients: Any) -> dict[str, dict[str, Array]]:
    if hasattr(gradients, "named_parameters"):
        return {"gradient": _of_module("", gradients)}
    if not isinstance(gradients, Mapping) or not gradients:
        raise TypeError(
            "gradient_flow: expected a mapping name → gradient that is not empty, or a module, "
            f"got {type(gradients).__name__}."
        )
    nested = [isinstance(v, Mapping) or hasattr(v, "named_parameters") for v in gradients.values()]
    if not any(nested):
        return {"gradient": _checked("", gradients)}
    if not all(nested):
        raise TypeError("gradient_flow: either all values are arrays, or all are mappings or modules.")
    series = {
        str(k): _of_module(f"{k}: ", v) if hasattr(v, "named_parameters") else _checked(f"{k}: ", v)
        for k, v in gradients.items()
    }
    first = list(next(iter(series.values())))
    for label, one in series.items():
        if list(one) != first:
            raise ValueError(f"gradient_flow: {label!r} has the layers {list(one)}, the first has {first}.")
    return series


def _of_module(where: str, module: Any) -> dict[str, Array]:
    return _checked(where, {name: p.grad for name, p in module.named_parameters()})


def _checked(where: str, gradients: Mapping[str, Any]) -> dict[str, Array]:
    out = {}
    for name, g in gradients.items():
        if g is None:
            raise ValueError(f"gradient_flow: {where}{name} has no gradient (None); call backward() first.")
        out[str(name)] = finite("gradient_flow", f"{where}{name}", g).astype(np.float64)
    if not out:
        raise ValueError(f"gradient_flow: {where}there is nothing to draw.")
    return out


def _flow_sentence(label: str, names: list[str], norm: Array) -> str:
    who = "Gradient norm" if label == "gradient" else f"{label}: gradient norm"
    if len(names) == 1:
        return f"{who} of {names[0]}: {number(norm[0])}."
    ends = (f"{number(norm[i])} at {names[i]}, the {word}" for i, word in ((0, "first,"), (-1, "last")))
    text = f"{who} by layer: {' and '.join(ends)}"
    low, high = int(np.argmin(norm)), int(np.argmax(norm))
    text += f"; smallest {number(norm[low])} ({names[low]}), largest {number(norm[high])} ({names[high]})"
    zero = [names[i] for i in np.flatnonzero(norm == 0)]
    return text + (f"; zero at {', '.join(zero)}." if zero else ".")


def activation_histograms(
    activations: Mapping[str, Any], *, bins: int = 40, ax: Any = None, size: str = "column"
) -> Drawn:
    """The distribution of each layer's activations, one above the other on one axis, first layer on top.

    ``activations`` maps a layer's name to an array of any shape. Beside each: mean, standard deviation and
    the share of exact zeros, if there are any. Histograms are scaled to equal height, since only their
    shapes compare.
    """
    if not isinstance(activations, Mapping) or not activations:
        raise TypeError("activation_histograms: expected a mapping layer → activations that is not empty.")
    data = {
        str(k): finite("activation_histograms", str(k), v).ravel().astype(np.float64)
        for k, v in activations.items()
    }
    low, high = min(v.min() for v in data.values()), max(v.max() for v in data.values())
    margin = 0.02 * (high - low) or 0.5
    edges = np.linspace(low - margin, high + margin, bins + 1)
    facts = []
    with s.drawing(ax, size, height=0.9 + 0.72 * len(data)) as (fig, ax):
        for row, (_, x) in enumerate(data.items()):
            count, _ = np.histogram(x, edges)
            base = len(data) - 1 - row
            ax.stairs(
                base + 0.66 * count / count.max(), edges, baseline=base, fill=True, color=s.VALUE, alpha=0.55
            )
            ax.stairs(base + 0.66 * count / count.max(), edges, baseline=base, color=s.VALUE)
            fact = f"mean {number(x.mean(), 2)}, std {number(x.std(), 2)}"
            zeros = float(np.mean(x == 0))
            fact += f", {zeros:.0%} zero" if zeros else ""
            ax.annotate(
                fact, (1, base + 0.68), xycoords=("axes fraction", "data"), ha="right", va="bottom",
                fontsize=s.font_sizes(fig.get_figwidth())[1], annotation_clip=False,
            )  # fmt: skip
            facts.append(fact)
        ax.set_yticks(range(len(data)), list(data)[::-1], va="bottom")
        ax.tick_params(axis="y", length=0)
        ax.set(xlabel="activation", xlim=(edges[0], edges[-1]), ylim=(-0.05, len(data)))
        ax.spines["left"].set_visible(False)
        ax.grid(axis="y", visible=False)
        each = "; ".join(f"{name}: {fact}" for name, fact in zip(data, facts, strict=True))
        describe(ax, f"Histograms of the activations of {len(data)} layer{'s' * (len(data) > 1)}. {each}.")
        return Drawn(fig, ax)
