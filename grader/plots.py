"""Plots of a report as drawings within the page: they follow its light and dark colours and need no script."""

from __future__ import annotations

from collections.abc import Sequence

from grader.pages import Html, el


def histogram(values: Sequence[float], most: float, caption: str, unit: str = "points") -> Html:
    """How many values lie in each of at most ten equal classes from 0 to ``most``; the counts stand in words too."""
    number = min(10, max(1, round(most))) if unit == "points" else 10
    width = (most or 1.0) / number
    counts = [0] * number
    for value in values:
        counts[min(number - 1, max(0, int(value / width)))] += 1
    names = [f"{width * k:.3g} to {width * (k + 1):.3g}" for k in range(number)]
    tall, top, left, right, total = 170.0, 22.0, 10.0, 10.0, 620.0
    step = (total - left - right) / number
    scale = tall / max([*counts, 1])
    shapes = []
    for k, count in enumerate(counts):
        x = left + k * step
        shapes.append(
            el(
                "rect",
                class_="bar",
                x=x + 3,
                y=top + tall - count * scale,
                width=step - 6,
                height=count * scale,
            )
        )
        if count:
            middle = x + step / 2
            shapes.append(
                el("text", f"{count}", x=middle, y=top + tall - count * scale - 6, text_anchor="middle")
            )
        shapes.append(_text(f"{width * k:.3g}", x, top + tall + 18, "middle" if k else "start"))
    shapes.append(_text(f"{number * width:.3g}", total - right, top + tall + 18, "end"))
    shapes.append(_text(unit, total / 2, top + tall + 36, "middle"))
    shapes.append(el("line", class_="axis", x1=left, x2=total - right, y1=top + tall, y2=top + tall))
    said = ", ".join(f"{n} {unit}: {c}" for n, c in zip(names, counts, strict=True) if c)
    return _figure(shapes, total, top + tall + 44, f"Histogram. {said or 'No values.'}", caption)


def bars(rows: Sequence[tuple[str, float, str]], caption: str) -> Html:
    """Horizontal bars: (name, a share from 0 to 1, the number in words)."""
    total, left, right, step = 620.0, 190.0, 110.0, 26.0
    long = total - left - right
    high = step * len(rows)
    shapes = [
        el("line", class_="grid", x1=left + long * q, x2=left + long * q, y1=0, y2=high) for q in (0.5, 1)
    ]
    for k, (name, share, words) in enumerate(rows):
        y = k * step
        short = name if len(name) <= 27 else name[:26] + "…"
        shapes.append(el("text", short, x=left - 8, y=y + 17, text_anchor="end"))
        size = long * min(1.0, max(0.0, share))
        shapes.append(el("rect", class_="bar", x=left, y=y + 5, width=size, height=step - 10))
        shapes.append(el("text", words, x=left + size + 6, y=y + 17))
    shapes.append(el("line", class_="axis", x1=left, x2=left, y1=0, y2=high))
    said = "; ".join(f"{name}: {words}" for name, _, words in rows)
    return _figure(shapes, total, high + 4, f"Bar chart. {said}", caption)


def _text(words: str, x: float, y: float, anchor: str) -> Html:
    return el("text", words, class_="soft", x=x, y=y, text_anchor=anchor)


def _figure(shapes: list[Html], width: float, height: float, alt: str, caption: str) -> Html:
    drawing = el(
        "svg", shapes, viewBox=f"0 0 {width:g} {height:g}", role="img", aria_label=alt, focusable="false"
    )
    inside = el("div", drawing, class_="scrolls drawing", tabindex="0", role="region", aria_label=caption)
    return el("figure", inside, el("figcaption", caption))
