"""What the figures are compared with: the plain way to do the same."""
