"""Tensors, gradients and the circuit's steps that optimizers must take."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

torch = pytest.importorskip("torch")


def parameters(*shapes, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.nn.Parameter(torch.randn(s, generator=generator) / 4) for s in shapes]


def give_gradients(tensors, seed):
    generator = torch.Generator().manual_seed(seed)
    for tensor in tensors:
        values = torch.randn(tensor.shape, generator=generator) * 0.01
        tensor.grad = values.to(memory_format=memory_format(tensor))


def memory_format(tensor):
    channels_last = tensor.dim() == 4 and not tensor.is_contiguous()
    return torch.channels_last if channels_last else torch.contiguous_format


def bits(tensors):
    return [tensor.detach().contiguous().numpy().tobytes() for tensor in tensors]


def assert_follows(optimizer, tensors, *, rate, gradient_unit, steps):
    """Make steps: codes by rational arithmetic, registers by the circuit's tensor step."""
    circuit = optimizer.circuit
    limits, ends = (
        next(port.range for port in circuit.ports if port.name == name)
        for name in ("gradient", "weight")
    )
    unit = Fraction(optimizer.unit)
    weights = [
        np.array([int(Fraction(w) / unit) for w in t.detach().reshape(-1).tolist()])
        for t in tensors
    ]
    momenta = [np.zeros_like(w) for w in weights]
    position = 0
    for step in range(steps):
        give_gradients(tensors, seed=step)
        optimizer.step()
        for i, tensor in enumerate(tensors):
            scale = Fraction(2) ** optimizer.scale_of(tensor) / gradient_unit
            codes = [round(Fraction(g) * scale) for g in tensor.grad.reshape(-1).tolist()]
            codes = np.clip(codes, *limits)
            np.testing.assert_array_equal(optimizer.gradient_codes(tensor), codes)
            momenta[i], weights[i], position = circuit.step_tensor(
                codes, momenta[i], weights[i], rate=rate, position=position
            )
            np.testing.assert_array_equal(optimizer.momentum_codes(tensor), momenta[i])
            np.testing.assert_array_equal(optimizer.weight_codes(tensor), weights[i])
            values = [float(w * unit) for w in weights[i].tolist()]
            assert tensor.detach().reshape(-1).tolist() == values
            assert ends[0] <= weights[i].min() <= weights[i].max() <= ends[1]
        assert optimizer.position == position
    assert optimizer.steps == steps


SHAPES = [(7, 3, 3, 3), (70,), (1,), (5, 13), ()]
