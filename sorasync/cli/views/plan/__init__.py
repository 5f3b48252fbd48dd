"""A plan, in every output form."""
