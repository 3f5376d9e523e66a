"""Replacement of a float network's layers by layers that train in fixed point."""

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
    """Return a network with the layers of another replaced.

    Parameters
    ----------
    model : torch.nn.Module
        It is changed.
    layer_for : callable
        Returns the replacement, given the name of a float layer and the layer.
    fork_for : callable
        Returns a layer that copies its input, given its name and the number of copies. One is
        inserted after each tensor that is used more than once.

    Returns
    -------
    torch.nn.Module
        With the names of the model's layers, including those that it does not call.
    """
    if isinstance(model, (*LAYERS, *IDENTITY_LAYERS)):
        check_layer(model)
        return layer_for("", model)
    traced = trace(model)
    _add_uncalled_layers(model, traced)
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
            name = _unused_name(node.name, traced)
            traced.add_submodule(name, layer_for(name, layer_of(node, traced)))
            _replace_by_call(node, name, traced.graph)
    for node in list(traced.graph.nodes):
        _insert_fork(node, traced, fork_for)
    traced.recompile()
    return traced


def _add_uncalled_layers(model: nn.Module, traced: fx.GraphModule) -> None:
    """Add the layers that the model does not call, or calls by another name."""
    for name, layer in model.named_modules(remove_duplicate=False):
        try:
            traced.get_submodule(name)
        except AttributeError:
            traced.add_submodule(name, layer)
    known = traced.state_dict()
    for name in model.state_dict():
        if name not in known:
            raise ValueError(f"a network in fixed point has parameters in layers, not {name}")


def _unused_name(name: str, traced: fx.GraphModule) -> str:
    """Return `name`, with underscores appended if the network already uses it."""
    while hasattr(traced, name):
        name += "_"
    return name


def _replace_by_call(node: fx.Node, name: str, graph: fx.Graph) -> None:
    """Replace the call of a function or method by the call of a layer."""
    with graph.inserting_after(node):
        call = graph.call_module(name, tuple(tensors_of(node)))
    node.replace_all_uses_with(call)
    graph.erase_node(node)


def _insert_fork(
    node: fx.Node, traced: fx.GraphModule, fork_for: Callable[[str, int], nn.Module]
) -> None:
    """Insert a fork after a node whose tensor is used more than once."""
    uses = [user for user in node.users for source in tensors_of(user) if source is node]
    if len(uses) < 2:
        return
    name = _unused_name(f"{node.name}_fork", traced)
    traced.add_submodule(name, fork_for(name, len(uses)))
    graph = traced.graph
    with graph.inserting_after(node):
        fork = graph.call_module(name, (node,))
    last = fork
    copies = []
    for number in range(len(uses)):
        with graph.inserting_after(last):
            last = graph.call_function(operator.getitem, (fork, number))
        copies.append(last)
    for user in dict.fromkeys(uses):
        user.args = tuple(copies.pop(0) if arg is node else arg for arg in user.args)
