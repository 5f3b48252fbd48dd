"""Stands in for GitHub's command `gh api`: comments and merged pull requests in a file of JSON.

It knows the filters of the action by their text: what they do is what `jq` does with them.
"""

from __future__ import annotations

import json
import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any


def first_line(comment: dict[str, Any]) -> list[str]:
    return [str(comment["id"]), comment["body"].split("\n")[0].rstrip("\r")]


def two_lines(comment: dict[str, Any]) -> list[str]:
    return [line.rstrip("\r") for line in comment["body"].split("\n")[:2]]


_BOTS = '.[] | select(.user.type == "Bot") | '
OF_BOTS = {
    _BOTS + '[.id, (.body | split("\\n")[0] | rtrimstr("\\r"))] | @tsv': first_line,
    _BOTS + '.body | split("\\n")[:2] | map(rtrimstr("\\r")) | @tsv': two_lines,
}
MERGED = "map(select(.merged_at != null)) | .[0].number // empty"


def main() -> int:
    path = Path(os.environ["FAKE_GITHUB"])
    data = json.loads(path.read_text())
    arguments = [one for one in sys.argv[1:] if one not in ("api", "--paginate", "--silent")]
    options = dict(pairwise(arguments))
    route = next(one for one in arguments if one.startswith("repos/")).split("/", 3)[3]
    method = options.get("--method", "GET")
    data["calls"].append([method, route, os.environ.get("GH_TOKEN", "")])
    if method == "GET":
        show(data, route, options["--jq"])
    else:
        body = Path(options["--field"].removeprefix("body=@")).read_text()
        change(data, route, method, body)
    path.write_text(json.dumps(data))
    return 0


def show(data: dict[str, Any], route: str, jq: str) -> None:
    if jq == MERGED:
        merged = [pull["number"] for pull in data["pulls"].get(route.split("/")[1], []) if pull["merged_at"]]
        print(merged[0] if merged else "")  # noqa: T201
        return
    found = [comment for comment in data["comments"] if comment["issue"] == int(route.split("/")[1])]
    for comment in found:
        if comment["user"]["type"] == "Bot":
            print("\t".join(OF_BOTS[jq](comment)))  # noqa: T201


def change(data: dict[str, Any], route: str, method: str, body: str) -> None:
    body = body.replace("\n", "\r\n")
    if method == "POST":
        issue, number = int(route.split("/")[1]), len(data["comments"]) + 100
        comment = {"id": number, "issue": issue, "user": {"type": "Bot"}, "body": body}
        data["comments"].append(comment)
    else:
        comment = next(one for one in data["comments"] if one["id"] == int(route.rsplit("/", 1)[1]))
        comment["body"] = body


if __name__ == "__main__":
    sys.exit(main())
