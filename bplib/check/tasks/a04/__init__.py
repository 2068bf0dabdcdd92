"""Assignment 04: activations."""
