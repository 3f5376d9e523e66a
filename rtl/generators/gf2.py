"""Reset states of linear registers: powers of linear maps over GF(2)."""

from collections.abc import Callable

__all__ = ["advance", "steps_between"]

Step = Callable[[int], int]


def _power(step: Step, width: int, steps: int) -> list[int]:
    """Return the columns of the map of `steps` steps: the images of the unit vectors."""
    power = [1 << i for i in range(width)]
    square = [step(unit) for unit in power]
    while steps:
        if steps & 1:
            power = [_image(square, vector) for vector in power]
        square = [_image(square, vector) for vector in square]
        steps >>= 1
    return power


def _image(columns: list[int], vector: int) -> int:
    """Return the image of a vector under the map with these columns."""
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
    """Return how many steps lead from `state` to `target` in a maximal-length register."""
    # Baby steps and giant steps: the first `stride` states from the target on are stored,
    # so that strides of this length from `state` must reach one of them.
    stride = 1 << (width + 1) // 2
    distances: dict[int, int] = {}
    for distance in range(stride):
        distances.setdefault(target, distance)
        target = step(target)
    stride_map = _power(step, width, stride)
    travelled = 0
    while state not in distances:
        state = _image(stride_map, state)
        travelled += stride
    return (travelled - distances[state]) % ((1 << width) - 1)
