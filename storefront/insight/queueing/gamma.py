"""Quantiles and tails of distributions that the standard library does not have, to ten digits."""

import math

TERMS = 500
PRECISE = 1e-13
HALVINGS = 400


def normal_tail(deviations: float) -> float:
    """The chance that a normal variable is more than so many deviations above its mean."""
    return 0.5 * math.erfc(deviations / math.sqrt(2))


def gamma_share(shape: float, size: float) -> float:
    """The regularised lower incomplete gamma function P(shape, size): DLMF 8.11.4 below the mean, 8.9.2 above."""
    if size <= 0:
        return 0.0
    front = math.exp(shape * math.log(size) - size - math.lgamma(shape))
    return front * _series(shape, size) if size < shape + 1 else 1 - front * _fraction(shape, size)


def gamma_quantile(share: float, mean: float, scv: float) -> float:
    """Below what the given share of a gamma variable with that mean and squared variation lies."""
    shape = 1 / scv
    low, high = 0.0, shape + 1.0
    while gamma_share(shape, high) < share:
        low, high = high, 2 * high
    for _ in range(HALVINGS):
        if high - low <= high * PRECISE:
            break
        middle = (low + high) / 2
        low, high = (middle, high) if gamma_share(shape, middle) < share else (low, middle)
    return high * mean * scv


def _series(shape: float, size: float) -> float:
    term = total = 1 / shape
    for number in range(1, TERMS):
        term *= size / (shape + number)
        total += term
        if term < total * PRECISE:
            break
    return total


def _fraction(shape: float, size: float) -> float:
    """Lentz's way through the continued fraction."""
    bottom = size + 1 - shape
    upper, lower = math.inf, 1 / bottom
    value = lower
    for number in range(1, TERMS):
        top = -number * (number - shape)
        bottom += 2
        lower = 1 / (top * lower + bottom)
        upper = bottom + top / upper
        value *= upper * lower
        if abs(upper * lower - 1) < PRECISE:
            break
    return value
