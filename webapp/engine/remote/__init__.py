"""A model on a server that speaks the OpenAI protocol; `connect` asks what it can do and returns an engine."""
