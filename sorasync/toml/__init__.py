"""TOML: values, positions of keys and values, faults with their place, and one layout."""
