"""Assignment 10: the convolution, forward and back."""

ORDER = ("sizes", "im2col", "conv1d", "conv2d", "max_pool", "conv_transpose", "train")
