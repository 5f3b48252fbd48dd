"""Faults and warnings of manifests, in every output form."""
