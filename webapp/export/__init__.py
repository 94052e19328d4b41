"""Writers and importers of training and evaluation records."""
