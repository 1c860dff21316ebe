"""Pure decisions of the engine: frozen dataclasses in, frozen dataclasses out."""
