"""Which clusters a generator has found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "12.count_modes",
    "A census of the modes",
    asks_for="count_modes",
    section="sec-12-ring",
    parts={"modes": 2},
)


@task.reference
def count_modes(x: Any, centres: Any, radius: Any, share: Any) -> Any:
    distance = np.sqrt(np.sum((x[:, None] - centres) ** 2, axis=2))
    near = distance.min(axis=1) <= radius
    count = np.bincount(distance.argmin(axis=1)[near], minlength=len(centres))
    need = share * len(x)
    return int(np.sum(count >= need)), float(np.mean(near))


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(125)
    yield {
        "x": np.array([[0.0, 0.1], [0.0, -0.2], [3.0, 0.0], [9.0, 9.0]]),
        "centres": np.array([[0.0, 0.0], [3.0, 0.5], [-3.0, 0.0]]),
        "radius": 0.5,
        "share": 0.5,
    }
    centres = 2 * rng.standard_normal((5, 2))
    x = centres[rng.integers(0, 4, 40)] + 0.4 * rng.standard_normal((40, 2))
    yield {"x": x, "centres": centres, "radius": 0.5, "share": 0.1}
    yield {"x": x, "centres": centres, "radius": 0.9, "share": 0.21}
    far = np.array([[5.0, 0.0], [5.3, 0.0], [0.2, 0.0], [0.0, 0.1]])
    two = np.array([[0.0, 0.0], [0.5, 0.0]])
    yield {"x": np.array([[0.1, 0.0], [0.1, 0.1], [0.2, 0.0]]), "centres": two, "radius": 0.6, "share": 0.5}
    lost = np.array([[0.0, 0.0], [9.0, 9.0], [9.0, 8.0], [8.0, 8.0]])
    yield {"x": lost, "centres": 6 * two, "radius": 0.5, "share": 0.3}
    yield {"x": far, "centres": np.array([[0.0, 0.0], [4.0, 0.0]]), "radius": 0.6, "share": 0.25}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    modes, near = unpack(call(answer, *case.values()), "modes", "near", of="count_modes")
    yield "modes", "how many clusters were found", modes
    yield "modes", "the share of samples near a cluster", near


@task.wrong(
    "far samples counted for the cluster they are nearest to",
    hint="A sample that is close to no cluster counts for one in your census. First ask whether it is near "
    "enough.",
)
def far_samples_counted_cluster_they(x: Any, centres: Any, radius: Any, share: Any) -> Any:
    distance = np.sqrt(np.sum((x[:, None] - centres) ** 2, axis=2))
    near = distance.min(axis=1) <= radius
    count = np.bincount(distance.argmin(axis=1), minlength=len(centres))
    need = share * len(x)
    return int(np.sum(count >= need)), float(np.mean(near))


@task.wrong(
    "one sample is enough",
    hint="A cluster with a single sample counts as found. The task asks for a share of all samples.",
)
def one_sample_enough(x: Any, centres: Any, radius: Any, share: Any) -> Any:
    distance = np.sqrt(np.sum((x[:, None] - centres) ** 2, axis=2))
    near = distance.min(axis=1) <= radius
    count = np.bincount(distance.argmin(axis=1)[near], minlength=len(centres))
    need = 1
    return int(np.sum(count >= need)), float(np.mean(near))


@task.wrong(
    "the share of the near samples only",
    hint="You take the share of those samples that are near a cluster. A generator that hits one cluster "
    "with one sample in a hundred, and misses otherwise, would get full marks.",
)
def share_near_samples_only(x: Any, centres: Any, radius: Any, share: Any) -> Any:
    distance = np.sqrt(np.sum((x[:, None] - centres) ** 2, axis=2))
    near = distance.min(axis=1) <= radius
    count = np.bincount(distance.argmin(axis=1)[near], minlength=len(centres))
    need = share * near.sum()
    return int(np.sum(count >= need)), float(np.mean(near))


@task.wrong(
    "more than the share, where at least was asked",
    hint="A cluster with exactly the share does not count in your census.",
)
def more_than_share_where_at(x: Any, centres: Any, radius: Any, share: Any) -> Any:
    distance = np.sqrt(np.sum((x[:, None] - centres) ** 2, axis=2))
    near = distance.min(axis=1) <= radius
    count = np.bincount(distance.argmin(axis=1)[near], minlength=len(centres))
    need = share * len(x)
    return int(np.sum(count > need)), float(np.mean(near))


@task.wrong(
    "squared distances compared with the radius",
    hint="You compare the square of the distance with the radius. For distances below 1 the square is "
    "smaller, so that too many are near.",
)
def squared_distances_compared_radius(x: Any, centres: Any, radius: Any, share: Any) -> Any:
    distance = np.sum((x[:, None] - centres) ** 2, axis=2)
    near = distance.min(axis=1) <= radius
    count = np.bincount(distance.argmin(axis=1)[near], minlength=len(centres))
    need = share * len(x)
    return int(np.sum(count >= need)), float(np.mean(near))


@task.wrong(
    "distances along the axes added up",
    hint="You add the distances along the two axes. A straight line is shorter than two sides of a square.",
)
def distances_along_axes_added_up(x: Any, centres: Any, radius: Any, share: Any) -> Any:
    distance = np.sum(np.abs(x[:, None] - centres), axis=2)
    near = distance.min(axis=1) <= radius
    count = np.bincount(distance.argmin(axis=1)[near], minlength=len(centres))
    need = share * len(x)
    return int(np.sum(count >= need)), float(np.mean(near))


@task.wrong(
    "the larger of the two distances",
    hint="You look at the larger of the two coordinates' distances: your clusters are squares.",
)
def larger_two_distances(x: Any, centres: Any, radius: Any, share: Any) -> Any:
    distance = np.max(np.abs(x[:, None] - centres), axis=2)
    near = distance.min(axis=1) <= radius
    count = np.bincount(distance.argmin(axis=1)[near], minlength=len(centres))
    need = share * len(x)
    return int(np.sum(count >= need)), float(np.mean(near))


@task.wrong(
    "near samples counted, not clusters",
    hint="Your first number counts samples. How many clusters have enough of them?",
)
def near_samples_counted_clusters(x: Any, centres: Any, radius: Any, share: Any) -> Any:
    distance = np.sqrt(np.sum((x[:, None] - centres) ** 2, axis=2))
    near = distance.min(axis=1) <= radius
    return int(np.sum(near)), float(np.mean(near))


@task.wrong(
    "clusters that are near to a sample",
    hint="You ask for each cluster whether some sample is within the radius, and count such clusters.",
)
def clusters_near_sample(x: Any, centres: Any, radius: Any, share: Any) -> Any:
    distance = np.sqrt(np.sum((x[:, None] - centres) ** 2, axis=2))
    near = distance.min(axis=1) <= radius
    return int(np.sum(distance.min(axis=0) <= radius)), float(np.mean(near))


@task.wrong(
    "a sample counted for every cluster in reach",
    hint="Where two clusters are close, you count one sample for both. Each sample belongs to the nearest "
    "one only.",
)
def sample_counted_every_cluster_reach(x: Any, centres: Any, radius: Any, share: Any) -> Any:
    distance = np.sqrt(np.sum((x[:, None] - centres) ** 2, axis=2))
    near = distance.min(axis=1) <= radius
    count = np.sum(distance <= radius, axis=0)
    need = share * len(x)
    return int(np.sum(count >= need)), float(np.mean(near))


@task.wrong(
    "the number of the near samples",
    hint="Your second number counts the near samples. The task asks for their share.",
)
def number_near_samples(x: Any, centres: Any, radius: Any, share: Any) -> Any:
    distance = np.sqrt(np.sum((x[:, None] - centres) ** 2, axis=2))
    near = distance.min(axis=1) <= radius
    count = np.bincount(distance.argmin(axis=1)[near], minlength=len(centres))
    need = share * len(x)
    return int(np.sum(count >= need)), float(np.sum(near))


@task.wrong(
    "the share that is not near",
    hint="Your second number is the share of the samples that missed.",
)
def share_near(x: Any, centres: Any, radius: Any, share: Any) -> Any:
    distance = np.sqrt(np.sum((x[:, None] - centres) ** 2, axis=2))
    near = distance.min(axis=1) <= radius
    count = np.bincount(distance.argmin(axis=1)[near], minlength=len(centres))
    need = share * len(x)
    return int(np.sum(count >= need)), float(1 - np.mean(near))


@task.wrong(
    "nearer than the radius, where at most was asked",
    hint="A sample at exactly the radius does not belong to a cluster in your census.",
)
def nearer_than_radius(x: Any, centres: Any, radius: Any, share: Any) -> Any:
    distance = np.sqrt(np.sum((x[:, None] - centres) ** 2, axis=2))
    near = distance.min(axis=1) < radius
    count = np.bincount(distance.argmin(axis=1)[near], minlength=len(centres))
    need = share * len(x)
    return int(np.sum(count >= need)), float(np.mean(near))
