"""One way of making training examples from stored runs a module; `webapp.export.training.registry` lists them."""
