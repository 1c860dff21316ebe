"""What the page says about senders who were not believed stands in the documents' table."""

from docs import facts, tables, words


def test_every_reason_of_disbelief_is_found_and_explained() -> None:
    assert "NO_CREDENTIALS" in facts.unproven()  # the second of its line
    assert set(words.UNPROVEN) == facts.unproven()
    told = tables.door()
    assert [code for code in facts.unproven() if f"`{code}`" not in told] == []
