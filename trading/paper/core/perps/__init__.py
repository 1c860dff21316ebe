"""Perpetual futures: margin, positions, funding, conditional orders. Pure, on the same books as spot."""
