"""Events as lines: the same back, and a damaged line is never half read."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.paper.core.events import Event
from trading.paper.ledger import records

kinds = get_args(Event)
events = st.sampled_from(kinds).flatmap(
    lambda kind: st.builds(kind, **{name: st.from_type(kind.__annotations__[name]) for name in kind._fields})
)
batches = st.lists(events, min_size=1, max_size=5)


@given(batches)
def test_a_line_gives_back_its_events(batch: list) -> None:
    assert records.parse(records.line(batch)) == batch


@given(batches, st.data())
def test_a_torn_line_is_refused_whole(batch: list, data: st.DataObject) -> None:
    line = records.line(batch)
    torn = line[: data.draw(st.integers(0, len(line) - 1))]
    with pytest.raises(records.Unreadable):
        records.parse(torn)
