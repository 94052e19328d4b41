"""The method form, the model's status and the notice, in a real browser."""
