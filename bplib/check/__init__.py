"""What the course knows about wrong answers. ``bplib.check.wrong`` keeps the wrong gradients, as code."""
