"""The circuit in front of a correlated gate."""

from ..component import create

__all__ = ["paired"]


def paired(m, component):
    """Return the correlated bits of a and b of a gate's component.

    Adds the synchronizer or desynchronizer that the parameters ask for.
    """
    front = component.parameters.front
    if front is None:
        return component.a, component.b
    m.submodules.front = pair = create(front)
    m.d.comb += [
        pair.enable.eq(component.enable),
        pair.a.eq(component.a),
        pair.b.eq(component.b),
    ]
    return pair.a_out, pair.b_out
