"""Times of handing in, as the platforms write them."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from grader import received, times


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2027-03-01 10:00:00 UTC", "2027-03-01T10:00:00+00:00"),
        ("2027-03-01T10:00:00Z", "2027-03-01T10:00:00+00:00"),
        ("2027-03-01T10:00:00+02:00", "2027-03-01T08:00:00+00:00"),
        ("2027-03-01 10:00", "2027-03-01T09:00:00+00:00"),
        ("Monday, 1 March 2027, 10:00 AM", "2027-03-01T09:00:00+00:00"),
        ("03/01/2027 10:00", "2027-03-01T09:00:00+00:00"),
    ],
)
def test_times(text: str, meant: str) -> None:
    assert times.parse(text, ZoneInfo("Europe/Berlin"), "here").isoformat() == meant


def test_a_table_of_times_that_cannot_be_read(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    for text, why in [
        ("a,b\n1,2\n", "needs a column"),
        ("student,time\nada,soon\n", "line 2: 'soon' is not a time"),
    ]:
        table.write_text(text, encoding="utf-8")
        with pytest.raises(received.Unusable, match=why):
            times.read(table)
