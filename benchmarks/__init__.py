"""Windlass measured against its limits: every figure beside a baseline of the same run."""
