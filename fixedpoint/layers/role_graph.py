"""A float network's graph with layers that train in fixed point in place of its own."""

from __future__ import annotations

import operator
from collections.abc import Callable

from torch import fx, nn

from .graph import LAYERS, NOTHING, layer_of, tensors_of, trace

__all__ = ["role_network"]


def role_network(
    model: nn.Module,
    layer_for: Callable[[str, nn.Module], nn.Module],
    fork_for: Callable[[str, int], nn.Module],
) -> nn.Module:
    """Return a network whose layers are made of those of another.

    Parameters
    ----------
    model : torch.nn.Module
        Is changed.
    layer_for : callable
        Makes a layer of a float layer and its name.
    fork_for : callable
        Makes a layer that gives what it takes so many times, of its name and that number.
        One stands behind each tensor that is taken more than once.

    Returns
    -------
    torch.nn.Module
        With the names of the model's layers.
    """
    if isinstance(model, (*LAYERS, *NOTHING)):
        return layer_for("", model)
    traced = trace(model)
    made: dict[str, nn.Module] = {}
    for node in list(traced.graph.nodes):
        if node.op in ("placeholder", "output"):
            continue
        layer = layer_of(node, traced) if str(node.target) not in made else None
        if node.op == "call_module":
            name = str(node.target)
            if layer is not None:
                made[name] = layer_for(name, layer)
                traced.set_submodule(name, made[name])
        else:
            assert layer is not None
            name = _free(node.name, traced)
            made[name] = layer_for(name, layer)
            traced.add_submodule(name, made[name])
            _call(node, name, traced.graph)
    for node in list(traced.graph.nodes):
        _fork(node, traced, fork_for)
    _check(traced.graph)
    traced.recompile()
    return traced


def _check(graph: fx.Graph) -> None:
    taken = [node for node in graph.nodes if node.op == "placeholder"]
    given = [node.args[0] for node in graph.nodes if node.op == "output"]
    if len(taken) != 1:
        raise ValueError("a network in fixed point must take one tensor")
    if not isinstance(given[0], fx.Node):
        raise ValueError("a network in fixed point must return one tensor")


def _free(name: str, traced: fx.GraphModule) -> str:
    """Return a name that the network has nothing else by."""
    while hasattr(traced, name):
        name += "_"
    return name


def _call(node: fx.Node, name: str, graph: fx.Graph) -> None:
    """Put the call of a layer in the place of a function's or method's."""
    with graph.inserting_after(node):
        call = graph.call_module(name, tuple(tensors_of(node)))
    node.replace_all_uses_with(call)
    graph.erase_node(node)


def _fork(
    node: fx.Node, traced: fx.GraphModule, fork_for: Callable[[str, int], nn.Module]
) -> None:
    """Put a fork behind a node whose tensor is taken more than once."""
    uses = [user for user in node.users for taken in tensors_of(user) if taken is node]
    if len(uses) < 2:
        return
    name = _free(f"{node.name}_fork", traced)
    traced.add_submodule(name, fork_for(name, len(uses)))
    graph = traced.graph
    with graph.inserting_after(node):
        fork = graph.call_module(name, (node,))
    place = fork
    ways = []
    for way in range(len(uses)):
        with graph.inserting_after(place):
            place = graph.call_function(operator.getitem, (fork, way))
        ways.append(place)
    for user in dict.fromkeys(uses):
        user.args = tuple(ways.pop(0) if taken is node else taken for taken in user.args)
