"""Base of the PyTorch optimizers that update parameters bit for bit as a circuit does."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from fixedpoint.circuit import check_integer

from .checkpoint import check_state, tensor_numbers
from .circuit_parameters import CircuitParameters
from .gradient_scale import (
    Scale,
    automatic_offset,
    choose_exponent,
    count_finite_slices,
)
from .step_batches import SliceBatch, TensorStep, cut_into_batches, map_batches
from .tensor_memory import (
    check_memory,
    check_tensor,
    flat_values,
    in_cpu_memory,
    storage_address,
)
from .word_coverage import warn_of_few_words

__all__ = ["CircuitOptimizer"]

# With fewer parameters, threads cost more time than they save.
MINIMUM_SIZE_FOR_THREADS = 1 << 20
# Approximate number of elements that all threads together process in one call of a kernel.
BATCH_SIZE = 1 << 22


class CircuitOptimizer(CircuitParameters):
    """Base of the optimizers whose every update is bit for bit that of a circuit.

    Every parameter is a register of the circuit, whose value is an integer number of units.
    The constructor rounds the given tensors to this grid, and updates keep them on it.

    Parameters
    ----------
    params : iterable
        Tensors, named tensors or parameter groups, as for any optimizer of torch. Tensors are
        dense float32 tensors on any device, and each appears once. A group may have its own
        `lr`, and its own `scale` if the circuit takes scaled gradients. Elements are updated
        in logical order for every memory format. Tensors on other devices are updated in CPU
        memory, so that the bits are the same.
    circuit : UpdateCircuit
        The circuit.
    lr : float
        See the class.
    scale : "auto", "auto+K", "auto-K" or int
        Exponent s of the gradients' scale: the circuit takes the gradients times 2^s. If
        gradients have k fraction bits, s is in -126..126 and s + k in -126..127, so that the
        power of two from gradients to codes is a float32 number. ``"auto"`` chooses an
        exponent for each tensor, see Notes, and ``"auto-2"`` one that is smaller by 2.
    scale_interval : int
        Number of steps between two checks of an automatic scale.
    **settings
        The attributes named in `SETTINGS`.

    Attributes
    ----------
    circuit : UpdateCircuit
    position : int
        Cycles since reset of the circuit's generators.
    steps : int
        Number of updates.
    scale_history : list of Scale
        Every automatic choice of a scale, in the order of the steps.

    Raises
    ------
    TypeError, ValueError
        If a tensor cannot be updated, its values are outside the range of the weights, or a
        parameter is out of range.

    Notes
    -----
    The automatic scale of a tensor makes the root mean square of its gradients about 1. It is
    chosen in the first step with a gradient other than 0, and checked every `scale_interval`
    steps. It is kept while the root mean square is between 1/2 and 2. Otherwise s becomes the
    integer that brings it into [1/sqrt(2), sqrt(2)). The sum of squares is computed with
    integers, and is therefore the same on every machine and for any number of threads. The
    size of an update does not depend on the size of the gradients, as in sign SGD, and `lr`
    has another meaning than in `torch.optim.SGD`.

    A step processes the tensors with gradients in the order of the groups. Each tensor starts
    in a new group of lanes. A gradient that is not finite raises a ValueError before anything
    is changed.

    Every step takes the same number of cycles. A parameter therefore meets every word of a
    generator only if this number and the generator's period have no common divisor. The first
    step warns if fewer than 64 words are left.

    **A subclass** sets in `_prepare`, from its circuit and settings, the attributes `unit`
    (the weight with the code 1), `rate_unit` (the learning rate with the rate 1),
    `gradient_unit` (the scaled gradient with the code 1) and `momentum_type` (the dtype in
    which momenta are stored), and defines `_update_batch`. It may also define `_begin_step`,
    `_count_finite`, and `momentum_codes` if momenta are not stored as their codes. If numbers
    are not multiples of a unit, it defines all that depends on units: `rate`,
    `gradient_codes`, `weight_codes`, `_check_lr`, `_check_values` and `_round_to_grid`.
    """

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # type: ignore[override]
        """Update every parameter that has a gradient.

        Parameters
        ----------
        closure : callable, optional
            Evaluates the model again and returns the loss.

        Raises
        ------
        TypeError, ValueError
            If a gradient is sparse or not finite. Nothing has been changed then.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        rates = {id(group): self.rate(group) for group in self.param_groups}
        updated = [entry for entry in self.tensors() if entry[1].grad is not None]
        storages = {storage_address(tensor) for _, tensor, _ in updated}
        tensor_steps = [
            self._tensor_step(name, tensor, group, rates[id(group)], storages)
            for name, tensor, group in updated
        ]
        size = sum(tensor.numel() for _, tensor, _ in updated)
        threads = torch.get_num_threads() if size >= MINIMUM_SIZE_FOR_THREADS else 1
        batches = cut_into_batches(
            self.circuit, tensor_steps, self.position, BATCH_SIZE // threads
        )
        cycles = sum(batch.cycles for batch in batches)
        if self.position == 0 and tensor_steps:
            warn_of_few_words(self.circuit, cycles, stacklevel=4)
        self._begin_step(size)
        finite_counts = map_batches(self._count_finite, batches, threads)
        for batch, count in zip(batches, finite_counts, strict=True):
            if count < len(batch.names):
                raise ValueError(f"the gradient of {batch.names[count]} is not finite")
        map_batches(self._update_batch, batches, threads)
        for tensor_step in tensor_steps:
            self._store(tensor_step)
        self.position += cycles
        self.steps += 1
        return loss

    def _tensor_step(
        self,
        name: str,
        tensor: torch.Tensor,
        group: dict[str, Any],
        rate: int,
        storages: set[int],
    ) -> TensorStep:
        """Return what the update of a tensor needs, without changing anything."""
        gradient = tensor.grad
        assert gradient is not None
        if gradient.layout is not torch.strided:
            raise TypeError(
                f"{type(self).__name__} takes dense gradients, but that of {name} is sparse"
            )
        state = self.state.get(tensor, {})
        momentum = state.get("momentum")
        if momentum is None:
            momentum = torch.from_numpy(np.zeros(tensor.shape, self.momentum_type))
        # Kernels see only addresses, and the data may have been replaced since the last step.
        check_tensor(f"the values of {name}", tensor, torch.float32, tensor.shape)
        check_tensor(f"the gradient of {name}", gradient, torch.float32, tensor.shape)
        check_tensor(f"the momentum of {name}", momentum, self._momentum_dtype, tensor.shape)
        check_memory(name, tensor)
        gradient = in_cpu_memory(gradient)
        if storage_address(gradient) in storages:
            # A gradient may share memory with weights, as that of a sum of squares may. It
            # must not change during the update.
            gradient = gradient.clone()
        exponent = group["scale"] if self.SCALED else None
        offset = automatic_offset(exponent)
        if offset is not None:
            exponent = state.get("scale")
            if exponent is None or self.steps % self.scale_interval == 0:
                values = flat_values(gradient)
                exponent = choose_exponent(values, exponent, offset, self._exponent_range)
        elif self.SCALED:
            check_integer("scale", exponent, *self._exponent_range)
        return TensorStep(
            name=name,
            tensor=tensor,
            automatic=offset is not None,
            exponent=exponent,
            factor=self._code_factor(exponent),
            rate=rate,
            gradient=gradient,
            weight=in_cpu_memory(tensor),
            momentum=in_cpu_memory(momentum),
        )

    def _begin_step(self, size: int) -> None:
        """Prepare a step of `size` parameters."""

    def _count_finite(self, batch: SliceBatch) -> int:
        """Return the number of slices before a gradient that is not finite."""
        return count_finite_slices(batch.slices, np.int32(self.INFINITY_BITS))

    def _update_batch(self, batch: SliceBatch) -> None:
        """Update the momenta and weights of a batch in place; several threads call this."""
        raise NotImplementedError

    def _store(self, tensor_step: TensorStep) -> None:
        """Store what the update of a tensor has changed."""
        state, exponent = self.state[tensor_step.tensor], tensor_step.exponent
        state["momentum"] = tensor_step.momentum
        if tensor_step.automatic and exponent is not None and exponent != state.get("scale"):
            self.scale_history.append(Scale(self.steps, tensor_step.name, exponent))
        state["scale"] = exponent
        if tensor_step.weight is tensor_step.tensor:
            # Autograd does not see what kernels write, but must refuse graphs from before.
            torch.autograd.graph.increment_version(tensor_step.tensor)
        else:
            tensor_step.tensor.copy_(tensor_step.weight)

    def state_dict(self) -> dict[str, Any]:
        """Return everything that is needed to continue with the same bits.

        In addition to torch's entries: ``circuit`` (JSON), the settings by name,
        ``scale_interval``, ``position``, ``steps``, ``scale_history``, and ``tensors``, the
        names and shapes.
        """
        return {
            **super().state_dict(),
            **self._identity(),
            "scale_interval": self.scale_interval,
            "position": self.position,
            "steps": self.steps,
            "scale_history": [dataclasses.astuple(scale) for scale in self.scale_history],
        }

    def _identity(self) -> dict[str, Any]:
        """Return the entries in which a checkpoint must be equal to this optimizer."""
        return {
            "circuit": self.circuit.to_json(),
            **{name: getattr(self, name) for name in self.SETTINGS},
            "tensors": [(name, tuple(tensor.shape)) for name, tensor, _ in self.tensors()],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from the state of another optimizer of the same parameters.

        Raises
        ------
        ValueError
            If the state is of another circuit or of other tensors, or if an entry is missing.
            Nothing has been changed then.
        """
        check_state(
            type(self).__name__,
            state_dict,
            self._identity(),
            self.circuit,
            ("params", "lr", "scale") if self.SCALED else ("params", "lr"),
            self._momentum_dtype,
        )
        super().load_state_dict(state_dict)
        # torch has converted the momenta to floats on the device of the parameters.
        numbers = tensor_numbers(state_dict)
        for number, (_, tensor, _) in zip(numbers, self.tensors(), strict=True):
            if number in state_dict["state"]:
                momentum = state_dict["state"][number]["momentum"]
                momentum = momentum.detach().cpu().contiguous().clone()
                self.state[tensor]["momentum"] = momentum
        self.scale_interval = state_dict["scale_interval"]
        self.position = state_dict["position"]
        self.steps = state_dict["steps"]
        self.scale_history = [Scale(*scale) for scale in state_dict["scale_history"]]
