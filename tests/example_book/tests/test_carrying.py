"""Carries, against counting."""

import pytest
from abacus.carrying import carries, carries_by_counting


@pytest.mark.parametrize("number", [0, 1, 9, 10, 11, 99, 100, 1000, 1001])
def test_carries(number):
    assert carries(number) == carries_by_counting(number)
    assert carries_by_counting(100) == 11
