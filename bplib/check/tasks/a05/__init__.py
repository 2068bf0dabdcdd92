"""Assignment 05: losses."""
