"""The values of fixed-point arrays as fractions."""


def values(array):
    return [int(c) * array.format.resolution for c in array.codes.ravel()]
