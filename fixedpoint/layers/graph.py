"""A float network as a list of operations that have fixed-point counterparts."""

from __future__ import annotations

import copy
import dataclasses
import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional

from .convolution import check_convolution
from .folding import fold_batch_norm

__all__ = [
    "IDENTITY_LAYERS",
    "INPUT",
    "LAYERS",
    "Graph",
    "Operation",
    "Sum",
    "check_layer",
    "copied",
    "layer_of",
    "read_graph",
    "tensors_of",
    "trace",
]

INPUT = "input"

LAYERS = (
    nn.Conv2d,
    nn.Linear,
    nn.BatchNorm1d,
    nn.BatchNorm2d,
    nn.ReLU,
    nn.ReLU6,
    nn.MaxPool2d,
    nn.AvgPool2d,
    nn.AdaptiveAvgPool2d,
    nn.AdaptiveMaxPool2d,
    nn.Flatten,
)
# Layers that are the identity in evaluation mode.
IDENTITY_LAYERS = (nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d)

# Functions and methods that always work in place.
_CHANGING = (
    ("call_function", operator.iadd),
    ("call_method", "add_"),
    ("call_method", "relu_"),
)


class Sum(nn.Module):
    """Float counterpart of `Add`."""

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a + b


@dataclasses.dataclass(frozen=True)
class Operation:
    """A float layer, its name, and the names of the operations whose outputs it takes."""

    name: str
    layer: nn.Module
    inputs: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Graph:
    """Operations in order of execution, and the name of the one that gives the result."""

    operations: tuple[Operation, ...]
    output: str

    def users(self, name: str) -> list[Operation]:
        """Return the operations that take the output of `name`."""
        return [o for o in self.operations if name in o.inputs]

    def last_uses(self) -> dict[str, str]:
        """Return the name of the last operation that takes each value."""
        return {i: o.name for o in self.operations for i in o.inputs if i != self.output}


def read_graph(model: nn.Module) -> Graph:
    """Return a network's operations in evaluation mode, with batch normalization folded.

    Parameters
    ----------
    model : torch.nn.Module
        With one input and one output, and traceable by `torch.fx`. It is not changed.

    Raises
    ------
    ValueError
        If an operation has no fixed-point counterpart. The message names the operation.
    """
    if isinstance(model, LAYERS):
        # Inside of a single layer there are only functions.
        model = nn.Sequential(model)
    return _folded(_operations(trace(copied(model).eval())))


def copied(model: nn.Module) -> nn.Module:
    """Return a copy of a network.

    Raises
    ------
    ValueError
        If it cannot be copied, as with the older `torch.nn.utils.weight_norm`.
    """
    try:
        return copy.deepcopy(model)
    except Exception as error:
        raise ValueError(
            "a network that is converted to fixed point must be one that copy.deepcopy copies, "
            f"unlike {type(model).__name__}"
        ) from error


def trace(model: nn.Module) -> fx.GraphModule:
    """Trace a network of one input and one output with `torch.fx`.

    Operations that read a tensor after it was changed in place read the result of the
    operation that changed it.

    Raises
    ------
    ValueError
        If the network cannot be traced, or has several inputs or outputs.
    """
    try:
        traced = fx.GraphModule(model, _Tracer().trace(model))
    except fx.proxy.TraceError as error:
        raise ValueError(
            f"a network in fixed point must be traceable by torch.fx: {error}"
        ) from None
    nodes = list(traced.graph.nodes)
    if sum(node.op == "placeholder" for node in nodes) != 1:
        raise ValueError("a network in fixed point must take one tensor")
    if not isinstance(nodes[-1].args[0], fx.Node):
        raise ValueError("a network in fixed point must return one tensor")
    visited: set[fx.Node] = set()
    for node in nodes:
        visited.add(node)
        if _in_place(node, traced):
            changed = tensors_of(node)[0]
            changed.replace_all_uses_with(node, lambda user: user not in visited)
    return traced


class _Proxy(fx.Proxy):
    """Distinguishes ``a += b`` from ``a = a + b``, which torch's proxy does not."""

    def __iadd__(self, other: Any) -> fx.Proxy:
        return self.tracer.create_proxy(
            "call_function", operator.iadd, (self, other), {}, name="add"
        )


class _Tracer(fx.Tracer):
    def proxy(self, node: fx.Node) -> fx.Proxy:
        return _Proxy(node, self)


def _in_place(node: fx.Node, traced: fx.GraphModule) -> bool:
    """Tell whether an operation changes its input."""
    if node.op == "call_module":
        return getattr(traced.get_submodule(str(node.target)), "inplace", False)
    arguments = None
    if node.target in (functional.relu, functional.relu6, functional.dropout):
        arguments = node.normalized_arguments(traced, normalize_to_only_use_kwargs=True)
    if arguments is not None:
        return bool(arguments.kwargs["inplace"])
    return (node.op, node.target) in _CHANGING


def _operations(traced: fx.GraphModule) -> Graph:
    # The name of each node's value; identities keep the name of their input.
    names: dict[fx.Node, str] = {}
    operations: list[Operation] = []
    *nodes, output = traced.graph.nodes
    for node in nodes:
        if node.op == "placeholder":
            names[node] = INPUT
            continue
        layer = layer_of(node, traced)
        inputs = tuple(names[i] for i in tensors_of(node))
        if isinstance(layer, IDENTITY_LAYERS):
            names[node] = inputs[0]
            continue
        target = str(node.target) if node.op == "call_module" else node.name
        used = {o.name for o in operations} | {INPUT}
        names[node] = node.name if target in used else target
        operations.append(Operation(names[node], layer, inputs))
    return Graph(tuple(operations), names[output.args[0]])


def tensors_of(node: fx.Node) -> list[fx.Node]:
    """Return the nodes whose tensors a node takes, with repetitions."""
    return [a for a in (*node.args, *node.kwargs.values()) if isinstance(a, fx.Node)]


def layer_of(node: fx.Node, traced: fx.GraphModule) -> nn.Module:
    """Return the float layer that a node calls, or that is equivalent to its function.

    Raises
    ------
    ValueError
        If it has no fixed-point counterpart.
    """
    if node.op == "call_module":
        layer = traced.get_submodule(str(node.target))
        if not isinstance(layer, (*LAYERS, *IDENTITY_LAYERS)):
            raise _unknown(type(layer).__name__, str(node.target))
        check_layer(layer)
        return layer
    make = _FUNCTIONS.get(node.target) if node.op != "get_attr" else None
    if make is None:
        raise _unknown(getattr(node.target, "__name__", str(node.target)), node.name)
    options = {k: v for k, v in node.kwargs.items() if k not in ("input", "other", "inplace")}
    if make is _sum and (len(tensors_of(node)) != 2 or options):
        raise ValueError(f"a network in fixed point adds two tensors, unlike {node.name}")
    layer = make(*(a for a in node.args if not isinstance(a, fx.Node)), **options)
    check_layer(layer)
    return layer


def _unknown(kind: str, name: str) -> ValueError:
    known = ", ".join(layer.__name__ for layer in LAYERS)
    return ValueError(
        f"a network in fixed point has layers {known} and additions, not {kind} at {name}"
    )


def check_layer(layer: nn.Module) -> None:
    """Raise a ValueError if a float layer's settings have no fixed-point counterpart."""
    if isinstance(layer, nn.Conv2d):
        check_convolution(layer)
    adaptive = isinstance(layer, nn.AdaptiveAvgPool2d | nn.AdaptiveMaxPool2d)
    if adaptive and layer.output_size not in (1, (1, 1)):
        raise ValueError(f"adaptive pooling in fixed point gives 1 pixel, unlike {layer}")
    if isinstance(layer, nn.MaxPool2d | nn.AdaptiveMaxPool2d) and layer.return_indices:
        raise ValueError(f"pooling in fixed point returns no indices, unlike {layer}")
    if isinstance(layer, nn.AvgPool2d) and layer.divisor_override is not None:
        raise ValueError(f"pooling in fixed point has no divisor of its own, unlike {layer}")


def _sum() -> nn.Module:
    return Sum()


def _max_pool(size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    return nn.MaxPool2d(size, stride, padding, dilation, return_indices, ceil_mode)


def _flatten(start_dim: int = 0, end_dim: int = -1) -> nn.Module:
    return nn.Flatten(start_dim, end_dim)


# The float layer of each function and method, from its arguments other than tensors.
_FUNCTIONS: dict[Any, Callable[..., nn.Module]] = {
    **dict.fromkeys((operator.add, operator.iadd, torch.add, "add", "add_"), _sum),
    **dict.fromkeys((functional.relu, torch.relu, "relu", "relu_"), lambda *_: nn.ReLU()),
    functional.relu6: lambda *_: nn.ReLU6(),
    functional.max_pool2d: _max_pool,
    functional.avg_pool2d: nn.AvgPool2d,
    functional.adaptive_avg_pool2d: nn.AdaptiveAvgPool2d,
    functional.adaptive_max_pool2d: nn.AdaptiveMaxPool2d,
    torch.flatten: _flatten,
    "flatten": _flatten,
    functional.dropout: lambda p=0.5, *_, **__: nn.Dropout(p),
}


def _folded(graph: Graph) -> Graph:
    """Fold every batch normalization into the layer before it."""
    operations: dict[str, Operation] = {}
    renamed: dict[str, str] = {}
    for operation in graph.operations:
        inputs = tuple(renamed.get(i, i) for i in operation.inputs)
        layer = operation.layer
        if not isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            operations[operation.name] = Operation(operation.name, layer, inputs)
            continue
        source = operation.inputs[0]
        before = operations.get(inputs[0])
        only_user = len(graph.users(source)) == 1 and source != graph.output
        if (
            before is None
            or not isinstance(before.layer, (nn.Conv2d, nn.Linear))
            or not only_user
        ):
            raise ValueError(
                f"batch normalization that is converted follows a convolution or linear layer "
                f"that nothing else reads, unlike {operation.name}"
            )
        folded = fold_batch_norm(before.layer, layer)
        operations[before.name] = Operation(before.name, folded, before.inputs)
        renamed[operation.name] = before.name
    return Graph(tuple(operations.values()), renamed.get(graph.output, graph.output))
