import numpy as np
import pytest

from stochastic import Multiplier, Sng, VanDerCorput

A, B = [0, 0, 1, 1], [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("encoding", "product"), [("unipolar", [0, 0, 0, 1]), ("bipolar", [1, 0, 0, 1])]
)
def test_truth_table(encoding, product):
    circuit = Multiplier(encoding=encoding)
    assert circuit.run({"a": A, "b": B})[0]["product"][:, 0].tolist() == product
    assert not circuit.sequential
    assert [p.name for p in circuit.interface] == ["a", "b", "product"]


def test_ternary_truth_table():
    wires = np.indices((2, 2, 2, 2)).reshape(4, 16)
    inputs = dict(zip(("a", "b", "a_sign", "b_sign"), wires, strict=True))
    outputs, _ = Multiplier(encoding="sign-magnitude").run(inputs)

    def value(bit, sign):
        return bit * (1 - 2 * sign)

    product = value(wires[0], wires[2]) * value(wires[1], wires[3])
    actual = value(outputs["product"], outputs["product_sign"])[:, 0]
    np.testing.assert_array_equal(actual, product)
    np.testing.assert_array_equal(outputs["product_sign"][:, 0], wires[2] != wires[3])


@pytest.mark.parametrize("width", [1, 3, 5])
def test_streams_of_one_generator_give_the_minimum(width):
    codes = np.arange((1 << width) + 1)
    a, b = (x.reshape(-1) for x in np.meshgrid(codes, codes))
    sng = Sng(generator=VanDerCorput(width=width))
    streams = [sng.run({"code": np.tile(x, (1 << width, 1))})[0]["stream"] for x in (a, b)]
    ones = Multiplier().run({"a": streams[0], "b": streams[1]})[0]["product"].sum(axis=0)
    np.testing.assert_array_equal(ones, np.minimum(a, b))


def test_unknown_encoding():
    rule = "Multiplier encoding must be one of unipolar, bipolar, sign-magnitude, not 'xor'"
    with pytest.raises(ValueError, match=f"^{rule}$"):
        Multiplier(encoding="xor")
