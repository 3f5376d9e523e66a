"""Pictures of invertible circuits: a truth table, energy over time, and the states visited."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from fixedpoint.circuit.files import writing
from stochastic.invertible import LogicNetwork, SpinEngine, gate, multiplier

from .invertible_runs import noise_and_limit

__all__ = ["draw_energy", "draw_states", "draw_truth_table"]

REPLICAS, CYCLES = 512, 1000

RIGHT, WRONG = "tab:blue", "tab:red"


def draw_truth_table(path: Path, name: str, seed: int) -> None:
    """Draw how often each state of a gate of one output occurs, forwards and backwards.

    Parameters
    ----------
    path : pathlib.Path
        PNG file.
    name : str
        A gate of `GATES` without inner spins.
    seed : int
    """
    kind = gate(name)
    pins = kind.inputs + kind.outputs
    rows = {"".join(str(int(v > 0)) for v in row) for row in kind.rows}
    forwards = [row[: len(kind.inputs)] for row in sorted(rows)]
    clampings = [dict(zip(kind.inputs, map(int, bits), strict=True)) for bits in forwards]
    clampings += [{kind.outputs[0]: value} for value in (0, 1)] + [{}]
    pyplot = _pyplot()
    figure, all_axes = pyplot.subplots(
        1, len(clampings), figsize=(2 * len(clampings), 3), layout="constrained", sharey=True
    )
    labels = [f"{k:0{len(pins)}b}" for k in range(1 << len(pins))]
    for axes, clamps in zip(all_axes, clampings, strict=True):
        shares = _shares(name, pins, clamps, seed)
        colours = [RIGHT if label in rows else WRONG for label in labels]
        axes.bar(labels, [shares.get(label, 0.0) for label in labels], color=colours)
        title = ", ".join(f"{pin} = {value}" for pin, value in clamps.items())
        axes.set_title(title or "nothing clamped", fontsize=9)
        axes.tick_params("x", rotation=90, labelsize=8)
        axes.set_xlabel("".join(pins))
    all_axes[0].set_ylabel("part of the time")
    figure.suptitle(f"{name.upper()}: rows of the truth table blue, other states red")
    _save(figure, path)


def _shares(
    name: str, pins: tuple[str, ...], clamps: dict[str, int], seed: int
) -> dict[str, float]:
    """Return the part of the time that a gate spends in each state of its pins."""
    network = LogicNetwork()
    nets = [network.port(pin)[0] for pin in pins]
    network.add(name, *nets)
    for pin, value in clamps.items():
        network.clamp(pin, value)
    problem = network.build()
    noise, limit = noise_and_limit(2)
    engine = SpinEngine(
        problem.hamiltonian, noise=noise, limit=limit, replicas=REPLICAS, seed=seed
    )
    where = tuple(problem.ports[pin][0] for pin in pins)
    states = []
    for _ in range(CYCLES // 5):
        engine.run([limit] * 5)
        states.append(problem.bits(engine.spins, where))
    bits, counts = np.unique(np.concatenate(states), axis=0, return_counts=True)
    total = counts.sum()
    return {
        "".join(map(str, row)): float(count / total)
        for row, count in zip(bits.tolist(), counts.tolist(), strict=True)
    }


def _factorizer(number: int, seed: int) -> tuple[Any, SpinEngine, int]:
    """Return a 4 x 4 multiplier with its product clamped, its engine and limit."""
    network = multiplier(4, 4)
    network.clamp("p", number)
    problem = network.build()
    noise, limit = noise_and_limit(2)
    engine = SpinEngine(
        problem.hamiltonian, noise=noise, limit=limit, replicas=REPLICAS, seed=seed
    )
    return problem, engine, limit


def draw_energy(path: Path, number: int, seed: int) -> None:
    """Draw the energy of a multiplier with a clamped product over the cycles."""
    problem, engine, limit = _factorizer(number, seed)
    energies = []
    for _ in range(CYCLES):
        energies.append(problem.hamiltonian.energy(engine.spins) - problem.ground_energy)
        engine.run([limit])
    above = np.array(energies)
    time = np.arange(1, CYCLES + 1)
    pyplot = _pyplot()
    figure, axes = pyplot.subplots(figsize=(6, 3.6), layout="constrained")
    low, high = np.quantile(above, [0.1, 0.9], axis=1)
    axes.fill_between(time, low, high, alpha=0.25, label="10 % to 90 % of the replicas")
    axes.plot(time, above.mean(axis=1), label="mean")
    axes.plot(time, np.minimum.accumulate(above.min(axis=1)), label="least so far")
    axes.set_xscale("log")
    axes.set(xlabel="cycle", ylabel="energy above the solutions")
    axes.set_title(f"4 x 4 multiplier, product clamped to {number}, {REPLICAS} replicas")
    axes.legend()
    _save(figure, path)


def draw_states(path: Path, number: int, seed: int) -> None:
    """Draw how often each pair of operands occurs with the product clamped."""
    problem, engine, limit = _factorizer(number, seed)
    counts = np.zeros((16, 16))
    places = 1 << np.arange(4)
    for _ in range(CYCLES // 5):
        engine.run([limit] * 5)
        a, b = (problem.bits(engine.spins, problem.ports[name]) @ places for name in "ab")
        np.add.at(counts, (a, b), 1)
    share = counts / counts.sum()
    order = np.argsort(-share, axis=None)[:24]
    pairs = [divmod(int(k), 16) for k in order]
    pyplot = _pyplot()
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    image = left.imshow(share.T, origin="lower", cmap="viridis")
    figure.colorbar(image, ax=left, label="part of the time")
    left.set(xticks=range(0, 16, 3), yticks=range(0, 16, 3))
    left.set(xlabel="a", ylabel="b", title=f"all pairs of operands, product {number}")
    colours = [RIGHT if a * b == number else WRONG for a, b in pairs]
    right.bar([f"{a} x {b}" for a, b in pairs], share.reshape(-1)[order], color=colours)
    right.tick_params("x", rotation=90)
    right.set(title="the most frequent: factors blue", ylabel="part of the time")
    _save(figure, path)


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def _save(figure: Any, path: Path) -> None:
    with writing(path, "wb") as file:
        figure.savefig(file, dpi=120, format="png")
    _pyplot().close(figure)
