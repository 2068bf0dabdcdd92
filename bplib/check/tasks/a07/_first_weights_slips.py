"""Slips in the first weights: a root of one number only, and the wrong diagonal."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a07.first_weights import task


@task.wrong(
    "He's start with the root of the two alone",
    hint="The root is taken of the whole fraction. You divide by the fan-in, and not by its root.",
    section="sec-07-glorot",
)
def he_root_of_two(draws: Any, kind: Any) -> Any:
    D, M = draws.shape
    if kind == "xavier":
        return draws * np.sqrt(2 / (D + M))
    if kind == "he":
        return draws * np.sqrt(2) / D
    Q, R = np.linalg.qr(draws)
    return Q * np.sign(np.diag(R))


@task.wrong(
    "He's start with the root of the fan-in alone",
    hint="The root is taken of the whole fraction. In yours the two stands outside of it.",
    section="sec-07-glorot",
)
def he_root_of_fan(draws: Any, kind: Any) -> Any:
    D, M = draws.shape
    if kind == "xavier":
        return draws * np.sqrt(2 / (D + M))
    if kind == "he":
        return draws * 2 / np.sqrt(D)
    Q, R = np.linalg.qr(draws)
    return Q * np.sign(np.diag(R))


@task.wrong(
    "Xavier's start with the sum's brackets missing",
    hint="In Python a division comes before a sum. Yours divides by the fan-in, and adds the fan-out to what "
    "comes out.",
)
def xavier_brackets(draws: Any, kind: Any) -> Any:
    D, M = draws.shape
    if kind == "xavier":
        return draws * np.sqrt(2 / D + M)
    if kind == "he":
        return draws * np.sqrt(2 / D)
    Q, R = np.linalg.qr(draws)
    return Q * np.sign(np.diag(R))


@task.wrong(
    "the signs read from the diagonal of Q",
    hint="It is R whose diagonal is to be positive. You look at the diagonal of the other factor.",
    section="sec-07-orthogonal",
)
def signs_of_q(draws: Any, kind: Any) -> Any:
    D, M = draws.shape
    if kind == "xavier":
        return draws * np.sqrt(2 / (D + M))
    if kind == "he":
        return draws * np.sqrt(2 / D)
    Q = np.linalg.qr(draws)[0]
    return Q * np.sign(np.diag(Q))


@task.wrong(
    "every sign made positive",
    hint="A whole column of Q turns its sign, or none of it does. With the sign of single numbers gone, the "
    "columns are not at right angles any more.",
    section="sec-07-orthogonal",
)
def no_signs(draws: Any, kind: Any) -> Any:
    D, M = draws.shape
    if kind == "xavier":
        return draws * np.sqrt(2 / (D + M))
    if kind == "he":
        return draws * np.sqrt(2 / D)
    return np.abs(np.linalg.qr(draws)[0])
