"""A float network's graph with layers that train in fixed point in place of its own."""

from __future__ import annotations

import operator
from collections.abc import Callable

from torch import fx, nn

from ..graph import IDENTITY_LAYERS, LAYERS, check_layer, layer_of, tensors_of, trace

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
        With the names of the model's layers, also of those that it does not call.
    """
    if isinstance(model, (*LAYERS, *IDENTITY_LAYERS)):
        check_layer(model)
        return layer_for("", model)
    traced = trace(model)
    _keep(model, traced)
    replaced: set[str] = set()
    for node in list(traced.graph.nodes):
        if node.op in ("placeholder", "output"):
            continue
        if node.op == "call_module":
            name = str(node.target)
            if name not in replaced:
                traced.set_submodule(name, layer_for(name, layer_of(node, traced)))
                replaced.add(name)
            node.args, node.kwargs = tuple(tensors_of(node)), {}
        else:
            name = _free(node.name, traced)
            traced.add_submodule(name, layer_for(name, layer_of(node, traced)))
            _call(node, name, traced.graph)
    for node in list(traced.graph.nodes):
        _fork(node, traced, fork_for)
    traced.recompile()
    return traced


def _keep(model: nn.Module, traced: fx.GraphModule) -> None:
    """Add the layers that the model does not call, or calls by another name."""
    for name, layer in model.named_modules(remove_duplicate=False):
        try:
            traced.get_submodule(name)
        except AttributeError:
            traced.add_submodule(name, layer)
    kept = traced.state_dict()
    for name in model.state_dict():
        if name not in kept:
            raise ValueError(f"a network in fixed point has parameters in layers, not {name}")


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
