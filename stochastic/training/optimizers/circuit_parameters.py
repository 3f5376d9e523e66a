"""Base of the circuit optimizers: parameters as registers, and their codes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from fixedpoint.circuit import check_integer
from fixedpoint.update.base import UpdateCircuit

from .gradient_scale import INFINITY_BITS, Scale, automatic_offset
from .hyperparameters import learning_rate
from .tensor_memory import check_memory, flat_values

__all__ = ["CircuitParameters"]


class CircuitParameters(torch.optim.Optimizer):
    """Parameter groups whose tensors hold registers of a circuit; see `CircuitOptimizer`.

    The class checks tensors, rounds them to the grid of the circuit, and gives rates,
    gradients, momenta and weights as the codes on the circuit's ports.
    """

    # Whether gradients are scaled before they become codes.
    SCALED: ClassVar[bool] = True
    # Attributes beside the circuit that determine the bits. A checkpoint must have the same.
    SETTINGS: ClassVar[tuple[str, ...]] = ()
    # Bits, in float32, of the smallest magnitude of a gradient that counts as infinite.
    INFINITY_BITS: ClassVar[int] = INFINITY_BITS

    unit: float
    rate_unit: float
    gradient_unit: float
    momentum_type: type[np.signedinteger]

    def __init__(
        self,
        params: Any,
        circuit: UpdateCircuit,
        *,
        lr: float,
        scale: str | int = "auto",
        scale_interval: int = 64,
        **settings: Any,
    ) -> None:
        self.circuit = circuit
        self.scale_interval = check_integer("scale_interval", scale_interval, 1, 2**31)
        for name in self.SETTINGS:
            setattr(self, name, settings[name])
        self.position = 0
        self.steps = 0
        self.scale_history: list[Scale] = []
        self._derive_constants()
        super().__init__(params, {"lr": lr, **({"scale": scale} if self.SCALED else {})})

    def _derive_constants(self) -> None:
        self._ports = {port.name: port for port in self.circuit.ports}
        self._prepare()
        self._gradient_bits = 1 - math.frexp(self.gradient_unit)[1]
        self._exponent_range = (
            max(-126, -126 - self._gradient_bits),
            min(126, 127 - self._gradient_bits),
        )
        self._momentum_dtype = torch.from_numpy(np.zeros(0, self.momentum_type)).dtype

    def _prepare(self) -> None:
        """Derive from the circuit and the settings what every step needs."""
        raise NotImplementedError

    def __getstate__(self) -> dict[str, Any]:
        names = ("circuit", *self.SETTINGS, "scale_interval", "position", "steps")
        attributes = {name: getattr(self, name) for name in (*names, "scale_history")}
        return {**super().__getstate__(), **attributes}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "circuit" in state:
            self._derive_constants()

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of tensors, and round them to the grid of the weights."""
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        try:
            self._check_lr(group)
            if self.SCALED and automatic_offset(group["scale"]) is None:
                group["scale"] = check_integer("scale", group["scale"], *self._exponent_range)
            seen: set[torch.Tensor] = set()
            for name, tensor, owner in self.tensors():
                if owner is group:
                    self._check_parameter(name, tensor)
                    if tensor in seen:
                        raise ValueError(
                            f"an optimizer takes each tensor once, but {name} is repeated"
                        )
                    seen.add(tensor)
        except (TypeError, ValueError):
            self.param_groups.pop()
            raise
        with torch.no_grad():
            for tensor in group["params"]:
                self._round_to_grid(tensor)

    def _check_lr(self, group: dict[str, Any]) -> None:
        if not self.rate(group) and group["lr"]:
            raise ValueError(
                f"lr must be 0 or at least half of {self.rate_unit}, which is rate 1, "
                f"not {group['lr']}"
            )

    def _check_parameter(self, name: str, tensor: torch.Tensor) -> None:
        optimizer = type(self).__name__
        if tensor.device.type == "meta" or tensor.layout is not torch.strided:
            raise TypeError(
                f"{optimizer} updates dense tensors that have values, but {name} is "
                f"{tensor.layout} on {tensor.device}"
            )
        if tensor.dtype != torch.float32:
            raise TypeError(f"{optimizer} updates float32, but {name} is {tensor.dtype}")
        check_memory(name, tensor)
        self._check_values(name, tensor.detach())

    def _check_values(self, name: str, values: torch.Tensor) -> None:
        low, high = (end * self.unit for end in self._ports["weight_in"].range)
        outside = values[~((values >= low) & (values <= high))]
        if outside.numel():
            raise ValueError(
                f"weights must be between {low} and {high}, but {name} holds "
                f"{outside[0].item()}"
            )

    def _round_to_grid(self, tensor: torch.Tensor) -> None:
        """Round a tensor's values in place to weights that the circuit can hold."""
        tensor.mul_(1 / self.unit).round_().mul_(self.unit)

    def tensors(self) -> Iterator[tuple[str, torch.Tensor, dict[str, Any]]]:
        """Yield name, tensor and group of every parameter, in the order of the update.

        Tensors without names are called ``"parameter 0"`` and so on.
        """
        number = 0
        for group in self.param_groups:
            names = group.get("param_names")
            for i, tensor in enumerate(group["params"]):
                yield (names[i] if names else f"parameter {number}"), tensor, group
                number += 1

    @property
    def rate_limit(self) -> int:
        """The largest value of the circuit's port `rate`."""
        return self._ports["rate"].range[1]

    def rate(self, group: dict[str, Any]) -> int:
        """Return the value of the circuit's port `rate` for a group's learning rate.

        Raises
        ------
        ValueError
            If the learning rate is negative, not finite, or too large for the port.
        """
        lr = learning_rate(group)
        if not 0 <= lr / self.rate_unit < self.rate_limit + 0.5:
            largest = self.rate_limit * self.rate_unit
            raise ValueError(f"lr must be between 0 and {largest}, not {lr}")
        return round(lr / self.rate_unit)

    def scale_of(self, tensor: torch.Tensor) -> int | None:
        """Return the exponent of a tensor's gradients in its last step; None without one."""
        return self.state.get(tensor, {}).get("scale")

    def gradient_codes(self, tensor: torch.Tensor) -> NDArray[np.int32]:
        """Return the codes of a tensor's gradient with the scale of the last step, flat."""
        if tensor.grad is None:
            return np.zeros(tensor.numel(), np.int32)
        factor = np.float32(self._code_factor(self.scale_of(tensor)))
        codes = np.rint(flat_values(tensor.grad) * factor)
        return np.clip(codes, *self._ports["gradient"].range).astype(np.int32)

    def momentum_codes(self, tensor: torch.Tensor) -> NDArray[np.int32]:
        """Return the codes of a tensor's momenta, flat; zeros before its first step."""
        if "momentum" not in self.state.get(tensor, {}):
            return np.zeros(tensor.numel(), np.int32)
        return self.state[tensor]["momentum"].numpy().reshape(-1).astype(np.int32)

    def weight_codes(self, tensor: torch.Tensor) -> NDArray[np.int32]:
        """Return the codes of a tensor's weights, flat."""
        return np.rint(flat_values(tensor) / np.float32(self.unit)).astype(np.int32)

    def _code_factor(self, exponent: int | None) -> float:
        """Return the power of two from gradients to codes, a float32 number."""
        return 2.0 ** ((exponent or 0) + self._gradient_bits)
