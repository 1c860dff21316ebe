"""The decimal context of the whole engine. Pure."""

from decimal import ROUND_HALF_EVEN, Context

PRECISION = Context(prec=38, rounding=ROUND_HALF_EVEN)
# 38 significant digits: what numeric(38,18) can hold, so nothing is lost on the way to a row. Pure functions enter
# it themselves, because the caller's thread may have another one.
