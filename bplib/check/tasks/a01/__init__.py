"""Assignment 01: a first network."""
