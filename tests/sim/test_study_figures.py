"""Figures of studies against enumeration and closed forms."""

import itertools
import json

import numpy as np
import pytest

import sim
from sim.catalog import find, unregister
from sim.studies.evaluation import evaluate, has_law
from sim.studies.generator_choice import generators_named
from sim.studies.netlist_law import law_of
from sim.studies.study import Study
from sim.studies.theory import discrepancies
from stochastic import (
    BernsteinPolynomial,
    Counter,
    Inverter,
    Isolator,
    Lfsr,
    Multiplier,
    MuxAdder,
    Netlist,
    Sng,
    Sobol,
    VanDerCorput,
)
from stochastic.expressions import bernstein, number


def study_of(name, parameters=None, **settings):
    parameters = parameters or find(name).default
    return Study(circuit=name, parameters=parameters.to_json(), **settings)


def rows_of(study):
    return [row for task in study.tasks() for row in evaluate(study, task)]


def test_every_figure_by_enumeration():
    study = study_of(
        "multiplier",
        lengths=(64, 100, 16),
        generators=("counter+van-der-corput",),
        widths=(4,),
        inputs="grid",
        samples=17**2,
    )
    rows = rows_of(study)
    assert [row["length"] for row in rows] == [64, 100, 16]
    counter = [t % 16 for t in range(100)]
    reversed_bits = [int(f"{t % 16:04b}"[::-1], 2) for t in range(100)]
    for row in rows:
        n = row["length"]
        errors, correlations = [], []
        for a, b in itertools.product(range(17), repeat=2):
            x = [int(counter[t] < a) for t in range(n)]
            y = [int(reversed_bits[t] < b) for t in range(n)]
            both = sum(map(int.__mul__, x, y))
            errors.append(both / n - a * b / 256)
            p, q = sum(x), sum(y)
            excess = n * both - p * q
            least = p * q - n * max(p + q - n, 0)
            most = n * min(p, q) - p * q
            scale = most if excess > 0 else least
            correlations.append(excess / scale if scale else 0)
        size = sorted(map(abs, errors))
        assert row["samples"] == 289
        assert row["bias"] == pytest.approx(sum(errors) / 289, abs=1e-12)
        assert row["rmse"] == pytest.approx((sum(e * e for e in errors) / 289) ** 0.5)
        assert row["worst"] == pytest.approx(size[-1])
        # The first of them that 90 % are not above: number 0.9 (n - 1), rounded up.
        assert row["p90"] == pytest.approx(size[260])
        assert row["scc"] == pytest.approx(sum(correlations) / 289)
        assert row["worst"] <= row["discrepancy_bound"] + 1e-12
    # A whole number of periods of all pairs would be exact; 16 cycles have each word once.
    assert rows[2]["rmse"] == pytest.approx(rows[0]["rmse"])


@pytest.mark.slow
@pytest.mark.parametrize(("encoding", "variance"), [("unipolar", 5 / 36), ("bipolar", 8 / 9)])
def test_random_bits_have_the_binomial_error(encoding, variance):
    # For p = a b with uniform a and b, p (1 - p) has the mean 1/4 - 1/9; the square of a
    # bipolar bit has the mean 1, and that of its value x w the mean 1/9.
    study = study_of(
        "multiplier",
        lengths=(64,),
        generators=("random",),
        widths=(16,),
        encodings=(encoding,),
        samples=400,
        seeds=60,
    )
    rows = rows_of(study)
    measured = np.mean([row["rmse"] ** 2 for row in rows])
    assert measured == pytest.approx(variance / 64, rel=0.15)
    theory = [row["binomial_rmse"] for row in rows]
    assert np.mean(theory) == pytest.approx((variance / 64) ** 0.5, rel=0.02)


def test_discrepancies_by_hand():
    # Of the first N = 2^k words of a van der Corput sequence: 1 / N less a code.
    found = discrepancies([VanDerCorput(width=8)], (4, 64, 256))
    assert found.tolist() == [1 / 4 - 1 / 256, 1 / 64 - 1 / 256, 0]
    points = [VanDerCorput(width=3), Counter(width=3)]
    words = [g.words(5).tolist() for g in points]
    worst = max(
        abs(sum(x < a and y < b for x, y in zip(*words, strict=True)) / 5 - a * b / 64)
        for a, b in itertools.product(range(9), repeat=2)
    )
    assert discrepancies(points, (5,)).tolist() == [pytest.approx(worst)]


def test_faults_invert_bits_at_their_rate():
    one = {"lengths": (4096,), "generators": ("random",), "widths": (16,), "samples": 50}
    whole = rows_of(study_of("isolator", fault_rates=(1.0,), **one))[0]
    # The inverse of x instead of x: the mean square of 1 - 2 x is 1/3.
    assert whole["rmse"] == pytest.approx(3**-0.5, rel=0.2)
    study = study_of("isolator", fault_rates=(0.01,), **one | {"inputs": "grid", "samples": 2})
    (row,) = rows_of(study)
    # Zeros become ones, and ones become zeros: the values are off by the rate.
    assert row["worst"] == pytest.approx(0.01, abs=5 * (0.01 / 4096) ** 0.5)
    assert row["rmse"] > 0.005


def test_signs_and_magnitudes():
    study = study_of(
        "multiplier",
        lengths=(256,),
        generators=("counter+van-der-corput",),
        widths=(4,),
        encodings=("sign-magnitude",),
        inputs="grid",
        samples=33**2,
    )
    (row,) = rows_of(study)
    # 256 cycles are 16 periods: the counts of words below both codes, by enumeration.
    words = [(t, int(f"{t:04b}"[::-1], 2)) for t in range(16)]
    errors = [
        (1 if a * b > 0 else -1) * sum(x < abs(a) and y < abs(b) for x, y in words) / 16
        - a * b / 256
        for a, b in itertools.product(range(-16, 17), repeat=2)
    ]
    assert row["samples"] == 33**2
    assert row["rmse"] == pytest.approx(np.sqrt(np.mean(np.square(errors))))
    assert row["bias"] == pytest.approx(0, abs=1e-12)


def test_values_come_from_a_file(tmp_path):
    file = tmp_path / "values.csv"
    file.write_text("b,a\n0.5,1\n0.25,1\n")
    study = study_of("multiplier", lengths=(256,), generators=("sobol",), inputs=str(file))
    (row,) = rows_of(study)
    assert (row["samples"], row["rmse"]) == (2, 0)
    file.write_text("b,a\n0.5,2\n")
    with pytest.raises(ValueError, match="must have values from 0 to 1 in column 'a'$"):
        rows_of(study)


def test_a_wrong_circuit_shows():
    grid = {"lengths": (4096,), "generators": ("sobol",), "widths": (12,)}
    right = rows_of(study_of("multiplier", **grid))
    entry = sim.Entry(
        name="wrong_product",
        default=Multiplier(),
        law=lambda parameters, values, encoding: values["a"] * values["b"] + 0.125,
    )
    sim.register(entry)
    try:
        wrong = rows_of(study_of("wrong_product", entry.default, **grid))
    finally:
        unregister(["wrong_product"])
    assert right[0]["rmse"] < 0.001
    assert wrong[0]["bias"] == pytest.approx(-0.125, abs=0.002)
    assert wrong[0]["rmse"] == pytest.approx(0.125, abs=0.002)


PARTS = {
    "late": Isolator(cycles=2),
    "product": Multiplier(encoding="bipolar"),
    "mean": MuxAdder(fan_in=4, generator=Lfsr(width=8)),
    "not": Inverter(),
}
WIRES = {
    "late.x": "x0",
    "product.a": "x1",
    "product.b": "x2",
    "mean.streams[0]": "x0",
    "mean.streams[1]": "late.y",
    "mean.streams[2]": "product.product",
    "mean.streams[3]": 0,
    "not.x": "mean.mean",
    "y": "not.y",
    "mean": "mean.mean",
}


def test_a_netlist_has_the_law_of_its_parts():
    wires = {"sum" if end == "mean" else end: wire for end, wire in WIRES.items()}
    netlist = Netlist(parts=PARTS, wires=wires)
    law = law_of(sim.Entry(name="own", default=netlist))
    x = np.random.default_rng(1).uniform(-1, 1, (3, 5))
    found = law(netlist, dict(zip(("x0", "x1", "x2"), x, strict=True)), "unipolar")
    expected = (2 * x[0] + x[1] * x[2] - 1) / 4
    assert found["sum"] == pytest.approx(expected)
    assert found["y"] == pytest.approx(-expected)


def test_an_expression_and_its_codes():
    a, w = number("a"), number("w")
    netlist = ((a * w + a) / 2).compose().netlist
    entry = sim.register(sim.Entry(name="own_expression", default=netlist))
    try:
        study = study_of("own_expression", netlist, lengths=(256, 4096), samples=50)
        rows = rows_of(study)
    finally:
        unregister(["own_expression"])
    assert has_law(entry)
    x = np.array([[0.5, -0.25], [0.75, 1.0]])
    found = law_of(entry)(netlist, {"a": x[0], "w": x[1]}, "unipolar")["y"]
    assert found == pytest.approx((x[0] * x[1] + x[0]) / 2)
    assert rows[0]["rmse"] < 0.1
    assert rows[0]["generators"] is None


@pytest.mark.slow
def test_a_polynomial_and_its_netlist():
    exact = np.array([0.0, 0.25, 1.0]) ** 2
    netlist = bernstein(lambda x: x**2, number("x", "unipolar"), 2).compose(width=8).netlist
    law = law_of(sim.Entry(name="own", default=netlist))
    found = law(netlist, {"x": np.array([0.0, 0.25, 1.0])}, "unipolar")["y"]
    assert found == pytest.approx(exact, abs=2**-8)
    (row,) = rows_of(
        study_of(
            "bernstein_polynomial",
            BernsteinPolynomial(codes=(0, 0, 4096), generator=Sobol(width=12, dimension=5)),
            lengths=(4096,),
            generators=("sobol",),
            widths=(12,),
            samples=50,
        )
    )
    # Coefficients 0, 0 and 1: x squared, of two copies of x.
    assert row["rmse"] < 0.003
    assert len(json.loads(row["generator_parameters"])) == 2


def test_loops_and_unknown_parts_have_no_law():
    assert law_of(find("netlist")) is None
    sng = Netlist(
        parts={"sng": Sng(generator=Lfsr(width=4))},
        wires={"sng.code": "code", "y": "sng.stream"},
    )
    law = law_of(sim.Entry(name="own", default=sng))
    assert law(sng, {"code": np.array([0.25])}, "unipolar")["y"].tolist() == [0.25]


def test_what_only_an_oracle_tells_about():
    study = study_of("shift_multiplier", lengths=(64, 128), samples=4)
    rows = rows_of(study)
    assert all(row["worst"] == 0 and row["in_tolerance"] == 1 for row in rows)
    assert rows[0]["output"] == "oracle"


def test_generators_by_name():
    first, second = generators_named("lfsr", 2, 8, 1)
    assert first == Lfsr(width=8)
    assert second.taps != first.taps
    one, other = generators_named("sobol#1+sobol#1", 2, 8, 1)
    assert one == other
    mixed = generators_named("lfsr+sobol", 3, 8, 1)
    assert [type(g).__name__ for g in mixed] == ["Lfsr", "Sobol", "Lfsr"]
    # The circuit's own sequence is left to it.
    assert generators_named("lfsr", 1, 8, 1, [Lfsr(width=8)])[0] == second
    moved = generators_named("lfsr", 1, 8, 2)[0]
    assert moved.replace(phase=0) == first
    assert moved.words(4).tolist() != first.words(4).tolist()
    assert json.dumps(moved.to_dict())
