"""Which rows of a study are one line of its table and picture."""

import itertools

from sim.studies.lines import circuit_lines, drawn, network_lines


def network_rows(widths, generators=("lfsr", "sobol"), lengths=(16, 64)):
    return [
        {
            "generator": generator,
            "encoding": "bipolar",
            "multiplier": "gate",
            "sets": 1,
            "correction": "none",
            "range": 4,
            "length": length,
            "width": width,
        }
        for generator, length in itertools.product(generators, lengths)
        for width in widths(length)
    ]


def test_a_width_that_follows_from_the_length_tells_no_lines_apart():
    lines = network_lines(network_rows(lambda length: [length.bit_length() - 1]))
    assert {label: [row["length"] for row in own] for label, own in lines.items()} == {
        "lfsr": [16, 64],
        "sobol": [16, 64],
    }


def test_chosen_widths_are_lines_of_their_own():
    lines = network_lines(network_rows(lambda length: [6, 8]))
    assert list(lines) == ["lfsr, 6 bits", "lfsr, 8 bits", "sobol, 6 bits", "sobol, 8 bits"]
    assert all(len(own) == 2 for own in lines.values())


def test_a_line_that_is_alone_is_named_for_its_generators():
    row = {"output": "y", "width": 8, "encoding": "unipolar", "fault_rate": 0.0}
    assert list(circuit_lines([{**row, "generators": "lfsr"}])) == ["lfsr"]
    # A study against an oracle has no generators.
    assert list(circuit_lines([{**row, "generators": None, "output": "oracle"}])) == ["oracle"]


def test_a_picture_says_how_many_lines_it_leaves_out():
    lines = {str(k): [{"k": k}] for k in range(24)}
    some, sentence = drawn(lines)
    assert list(some) == [str(k) for k in range(12)]
    assert sentence == "12 of 24 lines; results.parquet has all"
    assert drawn(some) == (some, None)
