"""What moves the market side: a file per mode; `registry` has a line for each."""
