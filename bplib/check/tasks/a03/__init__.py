"""Assignment 03: the chain rule and computational graphs."""
