"""Products of matrices summed one term at a time, in fractions."""

from fractions import Fraction

from fixedpoint import (
    FixedArray,
    Format,
    Overflow,
    Rounding,
)
from tests.support.exact_rounding import fitted, rounded

QUIET = [mode for mode in Overflow if mode is not Overflow.ERROR]


def quantised(value, spec, word):
    """Q of the definition, `value` in units of the accumulator's resolution."""
    if spec.rounding is Rounding.STOCHASTIC and spec.product_rounding is None:
        code = (value + word).__floor__()
    elif spec.rounding is Rounding.STOCHASTIC:
        code = int(value)
    else:
        code = rounded(value, spec.rounding)
    return fitted(code, spec.format, spec.overflow)


def naive_sum(products, spec, words):
    """One output as the definition has it; `words` are those of this output."""
    products = [p / spec.format.resolution for p in products]
    words = list(words) or [Fraction(0)] * len(products)
    if spec.product_rounding is Rounding.STOCHASTIC:
        products = [Fraction((p + w).__floor__()) for p, w in zip(products, words, strict=True)]
    elif spec.product_rounding is not None:
        products = [Fraction(rounded(p, spec.product_rounding)) for p in products]
    if spec.order == "sequential":
        total = Fraction(0)
        for product, word in zip(products, words, strict=False):
            total = Fraction(quantised(total + product, spec, word))
        return int(total)
    if not products:
        return 0
    sums = []
    for i in range(0, len(products), 2):
        pair = sum(products[i : i + 2])
        sums.append(quantised(pair, spec, words[i // 2]))
    while len(sums) > 1:
        level = []
        for i in range(0, len(sums) - 1, 2):
            level.append(quantised(Fraction(sums[i] + sums[i + 1]), spec, Fraction(0)))
        if len(sums) % 2:
            level.append(sums[-1])
        sums = level
    return sums[0]


def naive_matmul(a, b, spec, source=None, position=0):
    unit = a.format.resolution * b.format.resolution
    rows, depth = a.shape
    columns = b.shape[1]
    each = 0
    if source is not None:
        whole = spec.order == "sequential" or spec.product_rounding is not None
        each = depth if whole else -(-depth // 2)
    out = []
    for i in range(rows):
        for j in range(columns):
            words = []
            if each:
                first = position + (i * columns + j) * each
                drawn = source.words(each, first)
                words = [Fraction(int(w), 2**source.width) for w in drawn]
            products = [int(a.codes[i, k]) * int(b.codes[k, j]) * unit for k in range(depth)]
            out.append(naive_sum(products, spec, words))
    return out


def operands(rng, rows, depth, columns, first="sQ2.2", second="sQ1.3"):
    made = []
    for name, shape in ((first, (rows, depth)), (second, (depth, columns))):
        fmt = Format.parse(name)
        codes = rng.integers(fmt.minimum_code, fmt.maximum_code, shape, endpoint=True)
        made.append(FixedArray(codes, fmt))
    return made
