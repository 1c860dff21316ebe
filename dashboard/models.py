"""The dashboard keeps no rows yet: notification rules and API tokens will live here."""
