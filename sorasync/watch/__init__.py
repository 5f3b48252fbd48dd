"""Watch mode: a library that plans again on every save."""
