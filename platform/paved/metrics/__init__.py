"""Engineering metrics from delivery events: what was delivered, how fast, how safely.

`events` is the vocabulary, `store` keeps what happened, `dora` computes the figures, and `api`
is what commands and other features call. docs/reference/events.md lists every kind and field.
"""
