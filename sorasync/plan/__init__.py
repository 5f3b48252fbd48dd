"""The difference between the wanted and the recorded renders, with reasons and costs. Pure."""
