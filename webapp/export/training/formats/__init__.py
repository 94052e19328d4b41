"""One way of writing examples a module, with the exact columns that trainers take."""
