"""The layers of a PyTorch sequence, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

__all__ = ["layers_of"]


def layers_of(model: nn.Module, path: str = "") -> Iterator[tuple[str, nn.Module]]:
    """Yield name and module of everything inside a sequence, in the order of the forward pass.

    Sequences inside are opened. A module that stands in several places is yielded for each.

    Raises
    ------
    TypeError
        If the model is no `torch.nn.Sequential`.
    """
    if not isinstance(model, nn.Sequential):
        raise TypeError(f"convert takes a torch.nn.Sequential, not {type(model).__name__}")
    # named_children leaves out what it has yielded before.
    for name, module in model._modules.items():
        assert module is not None
        if isinstance(module, nn.Sequential):
            yield from layers_of(module, f"{path}{name}.")
        else:
            yield path + name, module
