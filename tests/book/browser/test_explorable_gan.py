"""The game on the ring: its round is that of chapter 12 in bplib, and it can be played without a mouse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from bplib import data, ops
from bplib.optim import rules
from tests.book.browser.conftest import Open
from tests.book.browser.test_explorables_pages import button, control, press, says, shown, tab_to

TIGHT: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-13}
PLAIN = "(v) => JSON.parse(JSON.stringify(v, (_, w) => ArrayBuffer.isView(w) ? Array.from(w) : w))"
KINDS = ("non-saturating", "minimax")


@pytest.fixture(scope="module")
def page(browser: Browser, small_site: str) -> Iterator[Page]:
    """One page for all: the functions are pure."""
    made = browser.new_page()
    made.goto(f"{small_site}/page/gan/light")
    yield made
    made.close()


def call(page: Page, code: str, argument: Any = None) -> Any:
    """The value of an expression in which ``m`` is the module and ``x`` the argument; arrays as lists."""
    return page.evaluate(
        f"""async (x) => {{ const m = await import('/book/explorables/gan.js');
        const points = (seed) => {{ const n = m.normals(seeded(seed));
          return {{ real: m.real(n), first: m.noise(n), second: m.noise(n) }}; }};
        const seeded = (s) => () => (s = (s * 16807) % 2147483647) / 2147483647;
        return ({PLAIN})({code}); }}""",
        argument,
    )


class Net:
    """A network of the page in bplib's ops: its parameters, its value with a pullback."""

    def __init__(self, layers: list[dict[str, Any]]) -> None:
        self.params = [
            np.array(p, float)
            for layer in layers
            for p in (np.reshape(layer["W"], (layer["m"], layer["n"])), layer["b"])
        ]

    def __call__(self, x: Any) -> tuple[Any, Any]:
        """x (N, m) → value and a pullback d → (dx, gradients in the order of params)."""
        backs = []
        for l in range(0, len(self.params), 2):
            x, back = ops.linear(x, *self.params[l : l + 2])
            backs.append(back)
            if l + 2 < len(self.params):
                x, back = ops.relu(x)
                backs.append(back)

        def pullback(d: Any) -> tuple[Any, list[Any]]:
            grads: list[Any] = []
            for back in reversed(backs):
                got = back(d)
                if isinstance(got, tuple):
                    d, *both = got
                    grads = [*both, *grads]
                else:
                    d = got
            return d, grads

        return x, pullback


def detective(D: Net, real: Any, fake: Any) -> tuple[float, list[Any]]:
    loss, total = 0.0, [np.zeros_like(p) for p in D.params]
    for x, label in ((real, 1.0), (fake, 0.0)):
        s, back = D(x)
        paid, back_loss = ops.bce_with_logits(s, np.full_like(s, label))
        loss += float(paid)
        total = [t + g for t, g in zip(total, back(back_loss(1.0))[1], strict=True)]
    return loss, total


def forger(G: Net, D: Net, z: Any, kind: str) -> tuple[float, Any, Any, list[Any]]:
    x, back_g = G(z)
    s, back_d = D(x)
    sign, label = (1.0, 1.0) if kind == "non-saturating" else (-1.0, 0.0)
    loss, back_loss = ops.bce_with_logits(s, np.full_like(s, label))
    dx = back_d(back_loss(sign))[0]
    return sign * float(loss), x, dx, back_g(dx)[1]


def two(points: list[float]) -> Any:
    return np.reshape(points, (-1, 2))


def same_grads(theirs: list[dict[str, Any]], ours: list[Any]) -> None:
    flat = [np.array(g) for layer in theirs for g in (layer["dW"], layer["db"])]
    for got, want in zip(flat, ours, strict=True):
        assert np.any(want != 0)
        np.testing.assert_allclose(got, want.ravel(), **TIGHT)


@pytest.mark.parametrize("seed", [0, 3])
def test_the_gradients_of_both_players_are_those_of_bplib(page: Page, seed: int) -> None:
    # after some rounds, so that biases are not 0
    how = "{ rateG: .01, rateD: .01, beta: .5, loss: 'minimax' }"
    code = f"[0, 1, 2, 3].reduce((g) => m.round(g, {how}), m.begin(x))"
    game = call(page, code, seed)
    points = call(page, "points(x + 7)", seed)
    G, D = Net(game["G"]), Net(game["D"])
    fake = G(two(points["first"]))[0]
    js = call(
        page,
        f"((g) => m.detective(g.D, points(x + 7).real, m.forward(g.G, points(x + 7).first).out))({code})",
        seed,
    )
    loss, grads = detective(D, two(points["real"]), fake)
    np.testing.assert_allclose(js["loss"], loss, **TIGHT)
    same_grads(js["grads"], grads)
    right = np.sum(D(two(points["real"]))[0] > 0) + np.sum(D(fake)[0] <= 0)
    assert js["right"] == right
    for kind in KINDS:
        js = call(page, f"((g) => m.forger(g, points(x + 7).second, '{kind}'))({code})", seed)
        loss, x, dx, grads = forger(G, D, two(points["second"]), kind)
        np.testing.assert_allclose(js["loss"], loss, **TIGHT)
        np.testing.assert_allclose(two(js["x"]), x, **TIGHT)
        np.testing.assert_allclose(two(js["dx"]), dx, **TIGHT)
        same_grads(js["grads"], grads)
        drawn = call(page, f"((g) => m.arrows(m.forger(g, points(x + 7).second, '{kind}'), 5))({code})", seed)
        np.testing.assert_allclose(drawn, np.hstack([x, -len(x) * dx])[:5], **TIGHT)


@pytest.mark.parametrize("beta", [0.5, 0.9])
def test_three_rounds_are_three_rounds_in_bplib(page: Page, beta: float) -> None:
    how = {"rateG": 0.002, "rateD": 0.005, "beta": beta, "loss": "non-saturating"}
    start = call(page, "m.begin(x)", 1)
    played = call(page, "[1, 2, 3].reduce((g, s) => m.round(g, x, points(s)), m.begin(1))", how)
    G, D = Net(start["G"]), Net(start["D"])
    memory: dict[str, list[Any]] = {"G": [{} for _ in G.params], "D": [{} for _ in D.params]}

    def move(name: str, net: Net, grads: list[Any], rate: float) -> None:
        for i, g in enumerate(grads):
            net.params[i], memory[name][i] = rules.adam(
                net.params[i], g, memory[name][i], lr=rate, betas=(beta, 0.999)
            )

    for s in (1, 2, 3):
        points = call(page, "points(x)", s)
        loss_d, grads = detective(D, two(points["real"]), G(two(points["first"]))[0])
        move("D", D, grads, 0.005)
        loss_g, _, _, grads = forger(G, D, two(points["second"]), "non-saturating")
        move("G", G, grads, 0.002)
    np.testing.assert_allclose([played["lossD"], played["lossG"]], [loss_d, loss_g], **TIGHT)
    assert played["t"] == 3
    for name, net in (("G", G), ("D", D)):
        for got, want in zip(Net(played[name]).params, net.params, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-11)


def test_the_ring_and_the_first_weights_are_those_of_the_chapter(page: Page) -> None:
    centres = np.array(call(page, "m.CENTRES"))
    exact, modes = data.ring_of_gaussians(400, np.random.default_rng(0), std=0.0)
    for k in range(8):
        np.testing.assert_allclose(exact[modes == k] - centres[k], 0, atol=1e-12)
    real = two(call(page, "m.real(m.normals(seeded(5)))"))
    assert len(real) == 96
    away = np.linalg.norm(real[:, None] - centres, axis=2)
    assert np.all(np.bincount(away.argmin(axis=1)) == 12)
    spread = (real - centres[away.argmin(axis=1)]).std()
    assert spread == pytest.approx(call(page, "m.STD"), rel=0.15)
    game = call(page, "m.begin(4)")
    assert [[(w["m"], w["n"]) for w in game[p]] for p in "GD"] == [
        [(2, 48), (48, 48), (48, 2)], [(2, 48), (48, 48), (48, 1)]
    ]  # fmt: skip
    for layer in game["G"] + game["D"]:
        bound = np.sqrt(6 / (layer["m"] + layer["n"]))
        assert 0.8 * bound < np.max(np.abs(layer["W"])) <= bound
        assert not np.any(layer["b"])


def test_the_census_is_that_of_the_chapter(page: Page) -> None:
    rng = np.random.default_rng(8)
    centres = np.array(call(page, "m.CENTRES"))
    x = centres[rng.choice(5, 500)] + 0.2 * rng.standard_normal((500, 2))
    x[:9], x[9:19] = centres[6], centres[7]  # 9 of 500 are too few, 10 are enough
    distance = np.linalg.norm(x[:, None] - centres, axis=2)
    near = distance.min(axis=1) < 0.3
    count = np.bincount(distance.argmin(axis=1)[near], minlength=8)
    seen = call(page, "({...m.census(x), sectors: m.sectors(x)})", x.ravel().tolist())
    assert seen["found"] == (count >= 10).tolist()
    assert seen["found"][6:] == [False, True]
    assert seen["share"] == pytest.approx(near.mean(), abs=1e-12)
    assert seen["sectors"] == 6


def wait_for_rest(page: Page) -> None:
    live = page.locator(".explorable-live")
    expect(live).to_have_attribute("data-running", "false", timeout=60_000)


def test_gan_by_keyboard(open_page: Open) -> None:
    page = open_page("gan")
    assert "Press Play" in says(page)
    tab_to(page, button(page, "Step", exact=True))
    press(page, "Enter", 2)
    assert shown(page, "t") == 2
    assert "Round 2: 0 of 8 clusters found" in says(page)
    tab_to(page, button(page, "Run 500 rounds"))
    press(page, "Space")
    wait_for_rest(page)
    assert shown(page, "t") == 502
    first = says(page)
    assert "D was right on" in first
    tab_to(page, button(page, "Restart"))
    press(page, "Enter")
    assert shown(page, "t") == 0
    for _ in range(2):
        button(page, "Step", exact=True).click()
    button(page, "Run 500 rounds").click()
    wait_for_rest(page)
    assert says(page) == first, "the same seed, the same game"
    tab_to(page, control(page, "Seed"))
    press(page, "ArrowRight")
    assert shown(page, "t") == 0


def test_who_is_slow_is_fooled(open_page: Open) -> None:
    page = open_page("gan")
    button(page, "D slower").click()
    assert control(page, "Adam’s β₁").input_value() == "0.9"
    expect(page.locator(".slider-value").nth(1)).to_have_text("0.0002")
    button(page, "Run 500 rounds").click()
    wait_for_rest(page)
    assert "ONE CLUMP" in says(page)
    assert shown(page, "found") <= 1
    button(page, "Equal", exact=True).click()
    expect(page.locator(".slider-value").nth(1)).to_have_text("0.001")
    assert "ONE CLUMP" not in says(page)


def test_rates_and_loss_act_on_the_next_round(open_page: Open) -> None:
    page = open_page("gan")
    control(page, "Loss of G").select_option("minimax")
    button(page, "Step", exact=True).click()
    assert shown(page, "lossG") < 0
    control(page, "Loss of G").select_option("non-saturating")
    button(page, "Step", exact=True).click()
    assert shown(page, "lossG") > 0
    rate = control(page, "Learning rate of G")
    rate.focus()
    press(page, "End")
    expect(rate).to_have_attribute("aria-valuetext", "0.01")
    assert shown(page, "t") == 2, "a rate does not restart the game"


def test_gan_plays_rests_out_of_sight_and_pauses(open_page: Open) -> None:
    page = open_page("gan")
    live = page.locator(".explorable-live")
    button(page, "Play").click()
    page.wait_for_function("Number(document.querySelector('dd[data-name=t]').dataset.value) > 3")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(live).to_have_attribute("data-running", "false")
    page.evaluate("scrollTo(0, 0)")
    expect(live).to_have_attribute("data-running", "true")
    button(page, "Pause").click()
    stopped = shown(page, "t")
    page.wait_for_timeout(200)
    assert shown(page, "t") == stopped
    assert re.match(rf"Round {stopped:.0f}:", says(page))


def test_gan_with_less_motion_changes_once_a_second(open_page: Open) -> None:
    page = open_page("gan", reduced_motion="reduce")
    button(page, "Play").click()
    seen = set()
    for _ in range(12):
        page.wait_for_timeout(100)
        seen.add(shown(page, "t"))
    assert len(seen) <= 3
    button(page, "Pause").click()
    assert shown(page, "t") > 0
