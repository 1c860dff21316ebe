"""What the domain answers when something cannot be done as asked: a code, the numbers, and advice."""

from dataclasses import dataclass

from risk.domain.denial import plain

__all__ = ["Refusal", "plain"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not: `field` had `value` where `limit` is what would pass; `unit` belongs to both numbers.

    said: the fact in words, where "field is value, the limit is limit" would read oddly.
    """

    code: str
    field: str
    value: object
    limit: object
    advice: str
    unit: str = ""
    said: str = ""

    def sentence(self) -> str:
        """The refusal in one line, for page, API and log."""
        if self.said:
            return f"{self.said} {self.advice}"
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.field} is {plain(self.value)}{unit}, the limit is {plain(self.limit)}{unit}. {self.advice}"
