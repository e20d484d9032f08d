"""The platform toolkit: golden paths, signed releases, delivery and the numbers behind them."""
