"""Tables of correlated gates and of shared generators."""

from examples import correlated_gates, shared_generator


def test_correlated_gates_by_depth(capsys):
    correlated_gates.main()
    assert capsys.readouterr().out.count("\n") == 7
    table = {row[0]: row[1:] for row in correlated_gates.rows()}
    assert abs(table[0][0]) < 0.01
    # The SCC that the reference derives for depth 1.
    assert abs(table[1][0] - 0.92) < 0.01
    assert all(error < bare / 3 for error, bare in zip(table[1][2:], table[0][2:], strict=True))


def test_ways_to_share_a_generator(capsys):
    shared_generator.main()
    printed = capsys.readouterr().out
    table = {name: values for name, *values in shared_generator.rows()}
    assert all(f"| {name} | {values[0]:.3f} |" in printed for name, values in table.items())
    scc, _, largest = table["the same words"]
    assert scc == 1
    # min(x, y) - x y is largest at one half; an LFSR lacks the word 0.
    assert abs(largest - 0.25) < 1e-4
    # A rotation to the left by k is one to the right by 8 - k, with the operands exchanged.
    assert abs(table["rotated by 3"][0] - table["rotated by 5"][0]) < 1e-9
