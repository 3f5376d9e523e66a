"""The reset states of linear registers: where a map over GF(2) leads in many steps."""

from collections.abc import Callable

__all__ = ["advance", "steps_between"]

Step = Callable[[int], int]


def _power(step: Step, width: int, steps: int) -> list[int]:
    """Return the images of the unit vectors after `steps` steps."""
    power = [1 << i for i in range(width)]
    square = [step(unit) for unit in power]
    while steps:
        if steps & 1:
            power = [_image(square, vector) for vector in power]
        square = [_image(square, vector) for vector in square]
        steps >>= 1
    return power


def _image(columns: list[int], vector: int) -> int:
    image = 0
    while vector:
        lowest = vector & -vector
        image ^= columns[lowest.bit_length() - 1]
        vector ^= lowest
    return image


def advance(step: Step, width: int, state: int, steps: int) -> int:
    """Return the state of a linear register of `width` bits after `steps` steps."""
    return _image(_power(step, width, steps), state)


def steps_between(step: Step, width: int, state: int, target: int) -> int:
    """Return the fewest steps from `state` to `target` in a register of maximal length."""
    # The states ahead of the target are noted; strides that long must meet one of them.
    stride = 1 << (width + 1) // 2
    ahead: dict[int, int] = {}
    for distance in range(stride):
        ahead.setdefault(target, distance)
        target = step(target)
    leap = _power(step, width, stride)
    travelled = 0
    while state not in ahead:
        state = _image(leap, state)
        travelled += stride
    return (travelled - ahead[state]) % ((1 << width) - 1)
