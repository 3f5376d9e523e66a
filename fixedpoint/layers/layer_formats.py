"""The formats of a convolution or linear layer."""

from __future__ import annotations

import dataclasses

from ..arrays.accumulator_spec import AccumulatorSpec
from ..circuit import Parameters
from ..circuit.checks import shown
from ..formats.format import Format
from .cast import Cast, check_width

__all__ = ["LayerFormats"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class LayerFormats(Parameters):
    """Formats of a convolution or linear layer: inputs, weights, sums and outputs.

    Parameters
    ----------
    input : Format or str
        Of the inputs.
    weight : Cast
        From the float weights.
    accumulator : AccumulatorSpec
        Of the sums of products, quantised at every step. Each sum starts at the bias, which
        is rounded to nearest in the accumulator's format and saturated; with a bias the order
        must be ``"sequential"``.
    output : Cast, optional
        From the accumulator to the outputs. An unsigned format that saturates is a ReLU. By
        default the outputs are the sums.

    Raises
    ------
    ValueError
        If a format has more than 53 bits.

    Examples
    --------
    >>> from fixedpoint import AccumulatorSpec
    >>> from fixedpoint.layers import Cast, LayerFormats
    >>> formats = LayerFormats(
    ...     input="uQ1.7",
    ...     weight=Cast(format="sQ1.7"),
    ...     accumulator=AccumulatorSpec(format="sQ8.14", overflow="saturate"),
    ...     output=Cast(format="uQ3.5"),
    ... )
    >>> LayerFormats.from_json(formats.to_json()) == formats
    True
    """

    input: Format
    weight: Cast
    accumulator: AccumulatorSpec
    output: Cast | None = None

    def __post_init__(self) -> None:
        self._set(input=check_width("LayerFormats input", self.input))
        for name, kind in (("weight", Cast), ("accumulator", AccumulatorSpec)):
            if not isinstance(getattr(self, name), kind):
                raise TypeError(
                    f"LayerFormats {name} must be of type {kind.__name__}, "
                    f"not {getattr(self, name)!r}"
                )
        if self.output is not None and not isinstance(self.output, Cast):
            raise TypeError(
                f"LayerFormats output must be of type Cast, not {shown(self.output)}"
            )
        check_width("LayerFormats accumulator format", self.accumulator.format)

    @property
    def output_format(self) -> Format:
        """The format of the outputs: that of `output`, or the accumulator's."""
        return self.accumulator.format if self.output is None else self.output.format
