"""The tasks of assignment 02: slopes by measurement, slopes by formula, and the check that compares the two."""
