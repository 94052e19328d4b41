"""Stored runs as training data: builders make examples, checks refuse, formats write rows, a card says how."""
