"""Misbehaviour on demand: rules that make the server act as real hosts do on a bad day.

A plan is a TOML or JSON file, or the body of `POST /preview/faults`:

    seed = 7

    [[rules]]
    route = "create"          # or get, list, content, still, picture, files …; "*": all
    nth = 2                   # the second request that this rule matches; or a list of numbers
    do = "rate_limit"
    retry_after = 3
    form = "date"

    [[rules]]
    route = "create"
    prompt = "Mossy"          # only where the prompt holds this
    probability = 0.25        # drawn from the seed
    count = 3                 # at most three times
    do = "cut_after"

What can be done is listed in `sorasync.preview.faults.rule.Deed`.
"""

from __future__ import annotations
