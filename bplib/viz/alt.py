"""Alternative text: every figure says in a sentence, made from its data, what it shows."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.figure import Figure


class Drawn(NamedTuple):
    """What every drawing function returns: ``fig, ax = …``. As the last line of a cell it prints its alt
    text.
    """

    fig: Figure
    ax: Any

    @property
    def alt(self) -> str:
        """The sentence that describes the figure."""
        return alt_text(self.fig)

    def __repr__(self) -> str:
        return self.alt


def number(x: float, digits: int = 3) -> str:
    """A number as text, to three significant digits, with a real minus sign: "0.0512", "−3", "1.2e−07"."""
    x = float(x)
    if math.isnan(x):
        return "NaN"
    if math.isinf(x):
        return "∞" if x > 0 else "−∞"
    if abs(x) >= 10**digits and abs(x) < 1e6:
        text = f"{x:.0f}"
    else:
        text = f"{x:.{digits}g}"
    return ("0" if text == "-0" else text).replace("-", "−")


def plural(count: int, noun: str, many: str = "") -> str:
    """ "1 class", "3 classes"."""
    return f"{count} {noun if count == 1 else many or noun + 's'}"


def listed(words: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def describe(ax: Any, sentence: str) -> None:
    """Attach alt text to axes; the figure's alt text is that of its axes, one after the other."""
    ax.bplib_alt = sentence
    fig = ax.get_figure(root=True)
    fig.bplib_alt = " ".join(a.bplib_alt for a in fig.axes if hasattr(a, "bplib_alt"))


def alt_text(fig: Figure) -> str:
    """The alt text of a figure, empty if there is none. Set ``fig.bplib_alt`` to write your own."""
    return getattr(fig, "bplib_alt", "")


def show_alt_in_notebooks() -> None:
    """In a notebook: images are drawn at twice the resolution and carry their alt text as output metadata.

    It is stored at ``output.metadata["image/png"]["alt"]``, where nbconvert looks for it; ``bplib.viz.book``
    hands it on to the book. Outside a notebook nothing happens.
    """
    ipython = sys.modules.get("IPython")  # running inside it means that it has been imported
    shell = ipython.get_ipython() if ipython else None
    if shell is None or not hasattr(shell, "kernel"):
        return
    from IPython.core.pylabtools import retina_figure
    from matplotlib_inline import backend_inline  # noqa: F401 – installs its own formatter, ours goes on top

    def image(fig: Figure) -> Any:
        drawn = retina_figure(fig, base64=True)
        if drawn is None:  # an empty figure
            return None
        data, about = drawn
        return data, about | ({"alt": alt_text(fig)} if alt_text(fig) else {})

    shell.display_formatter.formatters["image/png"].for_type(Figure, image)
