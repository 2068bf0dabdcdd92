"""Assignment 13: attention and the Transformer."""

ORDER = (
    "masked_softmax",
    "attention",
    "split_heads",
    "multi_head",
    "embedding",
    "positions",
    "feed_forward",
    "train",
)
