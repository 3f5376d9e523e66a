"""Record of what one layer of a network has computed, in codes."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..arrays.accumulator_spec import AccumulatorSpec
from ..arrays.convolution import conv2d
from ..arrays.fixed_array import FixedArray
from ..circuit import Parameters, check_choice, check_integer, json_object
from ..circuit.archives import archive
from ..circuit.checks import shown
from ..circuit.files import writing
from ..formats.modes import Overflow, Rounding
from .accumulator_stages import check_accumulator

__all__ = ["LayerTrace"]

_ARRAYS = ("inputs", "weights", "bias", "outputs")


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class LayerTrace:
    """Inputs, weights and outputs of one convolution or linear layer, in codes.

    A trace holds everything that is needed to compute its outputs again, bit for bit, in
    software (`expected`) or in hardware (`sim.checks.layer_replay`). Every output is a sum of
    products that starts at the bias and is quantised at every step by `accumulator`. It is
    then converted to the outputs' format.

    Parameters
    ----------
    name : str
        Of the layer in its network.
    kind : {"conv2d", "linear"}
    inputs : FixedArray ``[n, C, H, W]``, or ``[n, K]`` if linear
    weights : FixedArray ``[O, C / groups, kernel height, kernel width]``, or ``[O, K]``
    bias : FixedArray ``[O]``, optional
        In the accumulator's format; by default sums start at 0.
    stride, padding : pair of int
        Rows, columns; (1, 1) and (0, 0) if linear. Padding is zeros.
    groups : int
        The number of channels if the convolution is depthwise; 1 if linear.
    accumulator : AccumulatorSpec
        Its order is ``"sequential"``, and its roundings are not STOCHASTIC. Its steps are
        those of `conv2d`: input channels, then kernel rows, then kernel columns.
    output_rounding : Rounding
        From the accumulator's format to the outputs'; not STOCHASTIC.
    output_overflow : Overflow
        SATURATE with an unsigned format is a ReLU.
    outputs : FixedArray ``[n, O, rows, columns]``, or ``[n, O]``
        Results of the layer.

    Raises
    ------
    TypeError
        If an array is not a FixedArray, or the accumulator is not an AccumulatorSpec.
    ValueError
        If the shapes or formats do not match.

    Examples
    --------
    >>> from fixedpoint import AccumulatorSpec, FixedArray
    >>> from fixedpoint import LayerTrace
    >>> trace = LayerTrace(
    ...     name="classifier", kind="linear",
    ...     inputs=FixedArray([[1, 2, 3]], "uQ4.0"),
    ...     weights=FixedArray([[1, 0, -1], [1, 1, 1]], "sQ4.0"),
    ...     bias=FixedArray([-1, 1], "sQ8.0"),
    ...     accumulator=AccumulatorSpec(format="sQ8.0"),
    ...     output_rounding="nearest_even", output_overflow="saturate",
    ...     outputs=FixedArray([[0, 7]], "uQ4.0"),
    ... )
    >>> trace.expected().codes.tolist()
    [[0, 7]]
    """

    name: str
    kind: str
    inputs: FixedArray
    weights: FixedArray
    bias: FixedArray | None = None
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    groups: int = 1
    accumulator: AccumulatorSpec
    output_rounding: Rounding
    output_overflow: Overflow
    outputs: FixedArray

    def __post_init__(self) -> None:
        check_choice("LayerTrace kind", self.kind, ("conv2d", "linear"))
        for name in _ARRAYS:
            array = getattr(self, name)
            if not isinstance(array, FixedArray) and (name != "bias" or array is not None):
                raise TypeError(f"LayerTrace {name} must be a FixedArray, not {shown(array)}")
        spec = self.accumulator
        check_accumulator("LayerTrace", spec, "sequential")
        values = {
            "stride": _pair("LayerTrace stride", self.stride, 1),
            "padding": _pair("LayerTrace padding", self.padding, 0),
            "groups": check_integer("LayerTrace groups", self.groups, 1, 2**31),
            "output_rounding": Rounding(self.output_rounding),
            "output_overflow": Overflow(self.output_overflow),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        if spec.random or self.output_rounding is Rounding.STOCHASTIC:
            raise ValueError("LayerTrace takes roundings that need no words, not stochastic")
        self._check_shapes()

    def _check_shapes(self) -> None:
        axes = 4 if self.kind == "conv2d" else 2
        for name in ("inputs", "weights", "outputs"):
            shape = getattr(self, name).shape
            if len(shape) != axes:
                raise ValueError(
                    f"LayerTrace {name} of kind {self.kind} must have {axes} dimensions, "
                    f"not shape {shape}"
                )
        fields = (self.stride, self.padding, self.groups)
        if self.kind == "linear" and fields != ((1, 1), (0, 0), 1):
            raise ValueError(
                "LayerTrace of kind linear takes stride (1, 1), padding (0, 0) and 1 group, "
                f"not {self.stride}, {self.padding} and {self.groups}"
            )
        outputs, inner, high, wide = _as_images(self.weights).shape
        images, channels, height, width = _as_images(self.inputs).shape
        if channels != inner * self.groups or outputs % self.groups:
            raise ValueError(
                f"LayerTrace weights {self.weights.shape} do not fit inputs "
                f"{self.inputs.shape} in {self.groups} groups"
            )
        rows = (height + 2 * self.padding[0] - high) // self.stride[0] + 1
        columns = (width + 2 * self.padding[1] - wide) // self.stride[1] + 1
        if inner * high * wide < 1 or rows < 1 or columns < 1:
            raise ValueError(
                f"LayerTrace weights {self.weights.shape} leave no output of inputs "
                f"{self.inputs.shape}"
            )
        shape = (images, outputs, rows, columns)[: self.outputs.ndim]
        if self.outputs.shape != shape:
            raise ValueError(
                f"LayerTrace outputs must have shape {shape}, not {self.outputs.shape}"
            )
        if self.bias is None:
            return
        if self.bias.shape != (outputs,):
            raise ValueError(
                f"LayerTrace bias must have shape {(outputs,)}, not {self.bias.shape}"
            )
        if self.bias.format != self.accumulator.format:
            raise ValueError(
                f"LayerTrace bias must have the accumulator's format "
                f"{self.accumulator.format}, not {self.bias.format}"
            )

    @property
    def depth(self) -> int:
        """Number of products in each sum."""
        return int(np.prod(self.weights.shape[1:]))

    @property
    def products(self) -> int:
        """Number of multiply-accumulate steps of all outputs."""
        return self.outputs.size * self.depth

    def of_images(self, count: int) -> Self:
        """Return the trace of the first `count` images, 1 to the number of images."""
        count = check_integer("number of images", count, 1, len(self.inputs))
        return dataclasses.replace(
            self, inputs=self.inputs[:count], outputs=self.outputs[:count]
        )

    def windows(self) -> NDArray[np.int64]:
        """Return the inputs of each output's sum, in the order of its steps.

        Returns
        -------
        int64 array ``[groups, pixels, K]``
            Codes, with zeros for padding; pixels in order of image, row and column.
        """
        (down, across), (rows, columns) = self.padding, self.stride
        padded = np.pad(
            _as_images(self.inputs).codes, ((0, 0), (0, 0), (down, down), (across, across))
        )
        kernel = _as_images(self.weights).shape[2:]
        seen = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(2, 3))
        seen = seen[:, :, ::rows, ::columns]
        images, channels, high, wide = seen.shape[:4]
        split = seen.reshape(images, self.groups, channels // self.groups, *seen.shape[2:])
        ordered = split.transpose(1, 0, 3, 4, 2, 5, 6)
        return ordered.reshape(self.groups, images * high * wide, self.depth).astype(np.int64)

    def expected(self) -> FixedArray:
        """Return the outputs, computed from inputs, weights and bias by `conv2d`.

        Raises
        ------
        CodeOverflowError
            If a number does not fit and its overflow mode is ERROR.
        """
        sums = conv2d(
            _as_images(self.inputs),
            _as_images(self.weights),
            self.accumulator,
            bias=self.bias,
            stride=self.stride,
            padding=self.padding,
            groups=self.groups,
        )
        outputs = sums.cast(self.outputs.format, self.output_rounding, self.output_overflow)
        return outputs.reshape(self.outputs.shape)

    def save(self, path: str | Path) -> None:
        """Write the trace to one compressed ``.npz`` file."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        arrays = {name: array for name, array in arrays.items() if array is not None}
        facts = {
            "name": self.name,
            "kind": self.kind,
            "stride": self.stride,
            "padding": self.padding,
            "groups": self.groups,
            "accumulator": self.accumulator.to_dict(),
            "output_rounding": self.output_rounding.value,
            "output_overflow": self.output_overflow.value,
            "formats": {name: str(array.format) for name, array in arrays.items()},
        }
        codes = {name: array.codes for name, array in arrays.items()}
        # Open the file here, because savez appends ".npz" to other file names.
        with writing(Path(path), "wb") as file:
            np.savez_compressed(file, facts=np.array(json.dumps(facts)), **codes)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        ValueError
            If the file is not a layer trace.
        """
        complaint = f"{path} is not a file of a layer trace"
        with open(path, "rb") as stream, archive(stream, complaint) as file:
            facts: dict[str, Any] = json_object(str(file["facts"]))
            arrays = {
                name: FixedArray(file[name], fmt) for name, fmt in facts.pop("formats").items()
            }
            for name in ("stride", "padding"):
                facts[name] = tuple(facts[name])
            facts["accumulator"] = Parameters.from_dict(facts["accumulator"])
            return cls(**{**facts, **arrays})


def _as_images(array: FixedArray) -> FixedArray:
    """Return arrays of four dimensions; those of a linear layer describe one pixel."""
    return array if array.ndim == 4 else array.reshape((*array.shape, 1, 1))


def _pair(name: str, value: Any, low: int) -> tuple[int, int]:
    if not isinstance(value, tuple) or len(value) != 2:
        raise TypeError(f"{name} must be a pair of integers, not {shown(value)}")
    return check_integer(name, value[0], low, 2**31), check_integer(name, value[1], low, 2**31)
