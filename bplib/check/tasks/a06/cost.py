"""What a network costs on the way forward and back: products of numbers, and numbers kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "06.cost",
    "What the way back costs",
    asks_for="cost",
    section="sec-06-memory",
    parts={"products": 2, "kept": 1},
)


@task.reference
def cost(sizes: Any, N: Any) -> Any:
    layers = [sizes[k] * sizes[k + 1] for k in range(len(sizes) - 1)]
    return N * sum(layers), N * (2 * sum(layers) - layers[0]), N * sum(sizes[:-1])


@task.cases
def cases() -> Iterator[Case]:
    yield {"sizes": [3, 4, 2], "N": 5}
    yield {"sizes": [7, 2], "N": 3}
    yield {"sizes": [64, 256, 128, 10], "N": 32}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    forward, backward, kept = unpack(call(answer, *case.values()), "forward", "backward", "kept", of="cost")
    yield "products", "multiplications forward", forward
    yield "products", "multiplications backward", backward
    yield "kept", "numbers kept", kept


@task.wrong(
    "the batch forgotten",
    hint="You have counted for a single example. Each example goes through all the weights on its own, and "
    "each leaves its own values behind.",
)
def one_example(sizes: Any, N: Any) -> Any:
    layers = [sizes[k] * sizes[k + 1] for k in range(len(sizes) - 1)]
    return sum(layers), 2 * sum(layers) - layers[0], sum(sizes[:-1])


@task.wrong(
    "the way back as dear as the way forward",
    hint="On the way forward a layer makes one product. On the way back two things are wanted of it, a gradient for "
    "its weights and one for its inputs.",
    section="sec-06-derivation",
)
def back_like_forward(sizes: Any, N: Any) -> Any:
    layers = [sizes[k] * sizes[k + 1] for k in range(len(sizes) - 1)]
    return N * sum(layers), N * sum(layers), N * sum(sizes[:-1])


@task.wrong(
    "the gradient of the data counted",
    hint="You count two products for every layer. Below the first one there is no layer that would want to know; "
    "the data cannot be moved.",
    section="sec-06-derivation",
)
def data_gradient_counted(sizes: Any, N: Any) -> Any:
    layers = [sizes[k] * sizes[k + 1] for k in range(len(sizes) - 1)]
    return N * sum(layers), 2 * N * sum(layers), N * sum(sizes[:-1])


@task.wrong(
    "the saved product taken from the last layer",
    hint="You leave out one product of the last layer. Its inputs are hidden units, and they do need to be told; "
    "it is at the other end that nobody is listening.",
    section="sec-06-derivation",
)
def saved_at_the_top(sizes: Any, N: Any) -> Any:
    layers = [sizes[k] * sizes[k + 1] for k in range(len(sizes) - 1)]
    return N * sum(layers), N * (2 * sum(layers) - layers[-1]), N * sum(sizes[:-1])


@task.wrong(
    "the biases multiplied too",
    hint="A bias is added to the sum; no multiplication is spent on it.",
    section="sec-06-derivation",
)
def biases_counted(sizes: Any, N: Any) -> Any:
    layers = [(sizes[k] + 1) * sizes[k + 1] for k in range(len(sizes) - 1)]
    return N * sum(layers), N * (2 * sum(layers) - layers[0]), N * sum(sizes[:-1])


@task.wrong(
    "the scores counted among the kept numbers",
    hint="The last layer's scores go to the loss. No layer's pullback asks for them: a layer needs what went into it.",
)
def scores_kept(sizes: Any, N: Any) -> Any:
    layers = [sizes[k] * sizes[k + 1] for k in range(len(sizes) - 1)]
    return N * sum(layers), N * (2 * sum(layers) - layers[0]), N * sum(sizes)


@task.wrong(
    "what comes out of each layer kept, and not what goes in",
    hint="A weight's gradient is what went into its layer, times what came back. You have kept the other end: the "
    "data are missing, and the scores, which no layer asks for, are in.",
)
def outputs_kept(sizes: Any, N: Any) -> Any:
    layers = [sizes[k] * sizes[k + 1] for k in range(len(sizes) - 1)]
    return N * sum(layers), N * (2 * sum(layers) - layers[0]), N * sum(sizes[1:])


@task.wrong(
    "the data left out of the kept numbers",
    hint="You count the hidden values. The first layer's weights have a gradient as well, and it needs what went into "
    "that layer.",
)
def data_not_kept(sizes: Any, N: Any) -> Any:
    layers = [sizes[k] * sizes[k + 1] for k in range(len(sizes) - 1)]
    return N * sum(layers), N * (2 * sum(layers) - layers[0]), N * sum(sizes[1:-1])


@task.wrong(
    "the sums before the bend kept as well",
    hint="You keep each hidden layer twice, before and after its tanh. The slope of tanh follows from its output, and "
    "that is being kept already for the next layer.",
)
def sums_kept_too(sizes: Any, N: Any) -> Any:
    layers = [sizes[k] * sizes[k + 1] for k in range(len(sizes) - 1)]
    return N * sum(layers), N * (2 * sum(layers) - layers[0]), N * (sum(sizes[:-1]) + sum(sizes[1:-1]))


@task.wrong(
    "the weights counted among the kept numbers",
    hint="The way back needs the weights, but they are there anyway, whether one walks back or not. "
    "The question is for what has to be kept because of it.",
)
def weights_kept(sizes: Any, N: Any) -> Any:
    layers = [sizes[k] * sizes[k + 1] for k in range(len(sizes) - 1)]
    return N * sum(layers), N * (2 * sum(layers) - layers[0]), N * sum(sizes[:-1]) + sum(layers)


@task.wrong(
    "all parameters counted among the kept numbers",
    hint="The task asks for what is kept besides the parameters. They are there anyway, whether one walks back or not.",
)
def parameters_kept(sizes: Any, N: Any) -> Any:
    layers = [sizes[k] * sizes[k + 1] for k in range(len(sizes) - 1)]
    return (
        N * sum(layers),
        N * (2 * sum(layers) - layers[0]),
        N * sum(sizes[:-1]) + sum(layers) + sum(sizes[1:]),
    )
