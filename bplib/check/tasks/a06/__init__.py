"""The tasks of assignment 06: a network of two layers, of any depth, and what its way back costs."""
