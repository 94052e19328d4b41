"""The model backend: one protocol (`protocol.py`), a local implementation (`local.py`)."""
