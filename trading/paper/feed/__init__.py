"""The demo's alert sender: an ordinary client of the exchange and the door."""
