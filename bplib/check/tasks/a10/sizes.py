"""How large the maps are, and how far an output sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "10.sizes",
    "How large, and how far",
    asks_for="sizes",
    section="sec-10-derivation",
    parts={"size": 1, "field": 1},
)


@task.reference
def sizes(n: Any, layers: Any) -> Any:
    outs, fields = [], []
    r = j = 1
    for K, s, p, d in layers:
        n = (n + 2 * p - d * (K - 1) - 1) // s + 1
        r, j = r + d * (K - 1) * j, j * s
        outs.append(n)
        fields.append(r)
    return outs, fields


@task.cases
def cases() -> Iterator[Case]:
    yield {"n": 6, "layers": [(3, 2, 0, 1)]}
    yield {"n": 8, "layers": [(3, 1, 1, 1), (2, 2, 0, 1)]}
    yield {"n": 32, "layers": [(5, 2, 2, 1), (3, 1, 2, 2), (4, 3, 1, 1), (2, 1, 0, 1)]}
    yield {"n": 40, "layers": [(3, 1, 0, 1), (3, 1, 0, 2), (3, 2, 0, 4), (1, 2, 0, 3), (3, 1, 1, 1)]}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    outs, fields = unpack(call(answer, *case.values()), "outs", "fields", of="sizes")
    yield "size", "the sizes", outs
    yield "field", "the receptive fields", fields


@task.wrong(
    "the padding counted once",
    hint="The zeros stand on both sides of the picture. You have counted those of one side.",
)
def padded_once(n: Any, layers: Any) -> Any:
    outs, fields, r, j = [], [], 1, 1
    for K, s, p, d in layers:
        n = (n + p - d * (K - 1) - 1) // s + 1
        r, j = r + d * (K - 1) * j, j * s
        outs.append(n)
        fields.append(r)
    return outs, fields


@task.wrong(
    "the dilation left out of the size",
    hint="A kernel with holes spans more pixels than it has weights, so it fits in fewer places.",
)
def size_without_dilation(n: Any, layers: Any) -> Any:
    outs, fields, r, j = [], [], 1, 1
    for K, s, p, d in layers:
        n = (n + 2 * p - K) // s + 1
        r, j = r + d * (K - 1) * j, j * s
        outs.append(n)
        fields.append(r)
    return outs, fields


@task.wrong(
    "a kernel said to span as many pixels as weights times dilation",
    hint="Between K weights there are one fewer gaps than weights. Your kernel is too long by one gap less a "
    "pixel.",
)
def span_too_long(n: Any, layers: Any) -> Any:
    outs, fields, r, j = [], [], 1, 1
    for K, s, p, d in layers:
        n = (n + 2 * p - d * K) // s + 1
        r, j = r + d * (K - 1) * j, j * s
        outs.append(n)
        fields.append(r)
    return outs, fields


@task.wrong(
    "the first place of the window forgotten",
    hint="You count the moves of the window. Before its first move it has already stood at one place.",
)
def moves_not_places(n: Any, layers: Any) -> Any:
    outs, fields, r, j = [], [], 1, 1
    for K, s, p, d in layers:
        n = (n + 2 * p - d * (K - 1) - 1) // s
        r, j = r + d * (K - 1) * j, j * s
        outs.append(n)
        fields.append(r)
    return outs, fields


@task.wrong(
    "a window that begins and does not fit counted too",
    hint="Where the moves do not divide evenly, you count one more place, at which part of the window hangs "
    "over the edge.",
)
def rounded_up(n: Any, layers: Any) -> Any:
    outs, fields, r, j = [], [], 1, 1
    for K, s, p, d in layers:
        n = -(-(n + 2 * p - d * (K - 1) - 1) // s) + 1
        r, j = r + d * (K - 1) * j, j * s
        outs.append(n)
        fields.append(r)
    return outs, fields


@task.wrong(
    "every layer applied to the picture",
    hint="Your second layer begins with the size of the picture again. What goes into it is the map that the "
    "first one made.",
)
def never_carried(n: Any, layers: Any) -> Any:
    outs, fields, r, j = [], [], 1, 1
    for K, s, p, d in layers:
        outs.append((n + 2 * p - d * (K - 1) - 1) // s + 1)
        r, j = r + d * (K - 1) * j, j * s
        fields.append(r)
    return outs, fields


@task.wrong(
    "sizes with a decimal point",
    hint="A map cannot have half a row. Where the stride leaves something over, the last rows are not used.",
)
def not_whole(n: Any, layers: Any) -> Any:
    outs, fields, r, j = [], [], 1, 1
    for K, s, p, d in layers:
        n = (n + 2 * p - d * (K - 1) - 1) / s + 1
        r, j = r + d * (K - 1) * j, j * s
        outs.append(n)
        fields.append(r)
    return outs, fields


@task.wrong(
    "a layer's own stride counted in its receptive field",
    hint="A stride sets the outputs of this layer further apart, and only the next layer looks at several of "
    "them. What this layer's kernel looks at has the distance of the layer before.",
    section="sec-10-receptive",
)
def own_stride_first(n: Any, layers: Any) -> Any:
    outs, fields, r, j = [], [], 1, 1
    for K, s, p, d in layers:
        n = (n + 2 * p - d * (K - 1) - 1) // s + 1
        j = j * s
        r = r + d * (K - 1) * j
        outs.append(n)
        fields.append(r)
    return outs, fields


@task.wrong(
    "the strides of earlier layers left out of the receptive field",
    hint="After a stride, neighbours in the map are several pixels apart in the picture. Your field grows as "
    "if they were still one pixel apart.",
    section="sec-10-receptive",
)
def no_jump(n: Any, layers: Any) -> Any:
    outs, fields, r = [], [], 1
    for K, s, p, d in layers:
        n = (n + 2 * p - d * (K - 1) - 1) // s + 1
        r = r + d * (K - 1)
        outs.append(n)
        fields.append(r)
    return outs, fields


@task.wrong(
    "only the last stride remembered",
    hint="Two layers of stride 2 set outputs four pixels apart. You keep the stride of one layer and forget "
    "those before.",
    section="sec-10-receptive",
)
def last_stride_only(n: Any, layers: Any) -> Any:
    outs, fields, r, j = [], [], 1, 1
    for K, s, p, d in layers:
        n = (n + 2 * p - d * (K - 1) - 1) // s + 1
        r, j = r + d * (K - 1) * j, s
        outs.append(n)
        fields.append(r)
    return outs, fields


@task.wrong(
    "the receptive field grown by the whole kernel",
    hint="The middle of the window stands on a pixel that was already seen. A kernel of 1 makes the field no "
    "larger; yours does.",
    section="sec-10-receptive",
)
def grown_by_the_kernel(n: Any, layers: Any) -> Any:
    outs, fields, r, j = [], [], 1, 1
    for K, s, p, d in layers:
        n = (n + 2 * p - d * (K - 1) - 1) // s + 1
        r, j = r + d * K * j, j * s
        outs.append(n)
        fields.append(r)
    return outs, fields


@task.wrong(
    "the dilation left out of the receptive field",
    hint="Holes in the kernel are skipped and not seen, but its ends stand further apart, and the field is "
    "measured from end to end.",
    section="sec-10-receptive",
)
def field_without_dilation(n: Any, layers: Any) -> Any:
    outs, fields, r, j = [], [], 1, 1
    for K, s, p, d in layers:
        n = (n + 2 * p - d * (K - 1) - 1) // s + 1
        r, j = r + (K - 1) * j, j * s
        outs.append(n)
        fields.append(r)
    return outs, fields


@task.wrong(
    "receptive fields multiplied",
    hint="Windows of neighbouring outputs overlap, so the patch that they see together is smaller than the "
    "product of the kernels.",
    section="sec-10-receptive",
)
def fields_multiplied(n: Any, layers: Any) -> Any:
    outs, fields, r = [], [], 1
    for K, s, p, d in layers:
        n = (n + 2 * p - d * (K - 1) - 1) // s + 1
        r = r * (d * (K - 1) + 1)
        outs.append(n)
        fields.append(r)
    return outs, fields


@task.wrong(
    "a layer's own stride instead of those before it",
    hint="You multiply each growth by the stride of the layer itself. How far apart are the pixels that its "
    "kernel looks at, and which layers have set them apart?",
    section="sec-10-receptive",
)
def own_stride_only(n: Any, layers: Any) -> Any:
    outs, fields, r = [], [], 1
    for K, s, p, d in layers:
        n = (n + 2 * p - d * (K - 1) - 1) // s + 1
        r = r + d * (K - 1) * s
        outs.append(n)
        fields.append(r)
    return outs, fields


@task.wrong(
    "a receptive field that begins with no pixel",
    hint="Every field of yours is too small by one. How many pixels does a pixel of the picture itself see?",
    section="sec-10-receptive",
)
def begins_with_nothing(n: Any, layers: Any) -> Any:
    outs, fields, r, j = [], [], 0, 1
    for K, s, p, d in layers:
        n = (n + 2 * p - d * (K - 1) - 1) // s + 1
        r, j = r + d * (K - 1) * j, j * s
        outs.append(n)
        fields.append(r)
    return outs, fields
