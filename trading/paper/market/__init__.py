"""What the market does: candles, their paths, the tape of trades and the bars made from it."""
