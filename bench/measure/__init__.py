"""The measurements: each starts what it measures, and returns figures by name. One run of each, in turn, is a round."""
