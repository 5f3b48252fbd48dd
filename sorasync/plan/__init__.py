"""The difference between what is wanted and what is known, with reasons and costs. Pure."""
