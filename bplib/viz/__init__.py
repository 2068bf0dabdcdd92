"""Figures of the course, in one style, each with an alt text made from its data."""

from bplib.viz.alt import Drawn, alt_text, describe
from bplib.viz.graph import draw_graph
from bplib.viz.trace import Trace, graph_text, trace
