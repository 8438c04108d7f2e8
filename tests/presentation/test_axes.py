"""Axis arithmetic: round ticks, and room for the lowest value."""

import pytest

from faxcloud.presentation.axes import count_ticks, floor_of, rate_ticks


@pytest.mark.parametrize("target", [0.0, 0.9, 0.95, 0.97, 1.0])
@pytest.mark.parametrize("rate", [0.0, 0.31, 0.5, 0.72, 0.95, 0.999, 1.0])
def test_the_axis_of_rates_has_round_ticks_and_room_for_the_lowest(rate: float, target: float) -> None:
    low = floor_of([rate, None], target)
    ticks = rate_ticks(low)
    assert low <= rate
    assert 4 <= len(ticks) <= 6
    assert ticks[-1] == 1


@pytest.mark.parametrize("most", [0, 1, 2, 3, 9, 10, 176, 999, 1_000, 1_234_567])
def test_the_axis_of_counts_has_whole_ticks_up_to_the_largest(most: int) -> None:
    ticks = count_ticks(most)
    assert ticks[0] == 0
    assert 2 <= len(ticks) <= 5
    assert ticks == sorted(set(ticks))
    assert ticks[-1] <= max(most, 1)
