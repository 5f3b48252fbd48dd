"""What the page shows of one clip or still: takes, chain of steps, prompt, and what earlier prompts made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sorasync.errors import SorasyncError
from sorasync.graph.address import owner, parse
from sorasync.graph.render import Kind
from sorasync.manifest.library import ClipSpec
from sorasync.manifest.still_spec import StillSpec
from sorasync.operations.pick import picked_address, spec_named
from sorasync.operations.status import changes_by_address, stage_of
from sorasync.plan.cost import total
from sorasync.plan.word_diff import word_diff
from sorasync.review.check_view import check_json, check_results
from sorasync.review.library_view import Snapshot, name_of, notes_on, rejection_of, rejections, usd
from sorasync.review.notes_file import KEY_DIGITS, Note
from sorasync.state.record import Status

if TYPE_CHECKING:
    from sorasync.graph.graph import ClipNode
    from sorasync.graph.render import Render
    from sorasync.review.media import Media
    from sorasync.state.record import Record
    from sorasync.state.store import Store


def clip_json(snapshot: Snapshot, store: Store, name: str) -> dict[str, Any]:
    """One clip or still (`still.quay`). Raises `SorasyncError` for one that is not declared."""
    node = snapshot.planned.graph.node(picked_address(name))
    if node is None:
        raise SorasyncError(f"there is no clip {name!r}")
    return _ClipView(snapshot, store, node).json()


class _ClipView:
    def __init__(self, snapshot: Snapshot, store: Store, node: ClipNode) -> None:
        self._snapshot = snapshot
        self._store = store
        self._node = node
        self._graph = snapshot.planned.graph
        self._changes = changes_by_address(snapshot.planned.plan.changes)
        self._rejected = rejections(snapshot.notes.rejected)
        self._records = store.records({self._graph.keys[address] for address in node.renders})
        self._present = snapshot.assets()
        self._checks = check_results(snapshot, store, node.renders) if node.kind == "clip" else {}

    def json(self) -> dict[str, Any]:
        node, library = self._node, self._snapshot.planned.library
        name = name_of(node.address)
        spec = spec_named(library, name)
        at = library.position(spec.origin)
        takes = [self._render(address) for address in node.takes]
        return {
            "name": name,
            "kind": node.kind,
            "picked": node.chosen,
            "pickable": not node.single or (isinstance(spec, StillSpec) and spec.gate),
            "waits_for": node.waits_for,
            "file": f"{at.file}:{at.line}",
            "description": spec.description,
            "tags": list(node.tags),
            "prompt": spec.prompt,
            "source": spec.source if isinstance(spec, ClipSpec) else None,
            "takes": takes,
            "steps": [self._step(address, spec) for address in node.steps],
            "undone_steps": [step.prompt for step in spec.steps] if node.waits_for and not node.steps else [],
            "needed_by": [other.name for other in library.clips.values() if self._is_source_of(other)],
            "revisions": self._revisions(spec),
            "elsewhere": [note_json(note) for note in self._elsewhere()],
        }

    def _is_source_of(self, clip: ClipSpec) -> bool:
        """Whether a clip continues this one, or starts or ends in this still."""
        return self._node.name in (clip.stills if self._node.kind == "still" else (clip.source,))

    def _render(self, address: str) -> dict[str, Any]:
        render = self._graph.renders[address]
        record, change = self._records.get(render.key), self._changes.get(address)
        brief = self._snapshot.planned.known.briefs.get(render.key)
        verdict = rejection_of(self._rejected, address, render.key)
        asset = self._snapshot.asset_of(address)
        return {
            "address": address,
            "label": self._graph.label(address),
            "number": render.take,
            "kind": "edit" if render.kind is Kind.STILL and render.source else render.kind.value,
            "key": render.key[:KEY_DIGITS],
            "stage": stage_of(change, brief).value,
            "reason": change.reason if change else "",
            "video": asset,
            "picture": self._snapshot.picture_of(asset),
            "references": self._references(render),
            "rejected": None if verdict is None else {"reason": verdict.reason, "by": verdict.by},
            "to_pay": usd(total([change.cost_usd])) if change else None,
            "facts": self._facts(render, record),
            "notes": [note_json(note) for note in notes_on(self._snapshot.notes, address, render.key)],
            "checks": [check_json(result) for result in self._checks.get(address, [])],
            **self._record_fields(record),
        }

    def _record_fields(self, record: Record | None) -> dict[str, Any]:
        """What is known of a render that was asked for."""
        if record is None:
            names = ("status", "progress", "error", "paid", "when", "seconds", "who")
            return dict.fromkeys(names)
        charge = record.charge
        run = self._store.run(record.run) if record.run is not None else None
        return {
            "status": record.status.value,
            "progress": record.progress if record.status is not Status.STORED else None,
            "error": record.error_message,
            "paid": None if charge is None or charge.usd is None else f"{charge.usd:f}",
            "when": record.submitted_at or record.intent_at,
            "seconds": record.seconds,
            "who": run.user if run else None,
        }

    def _references(self, render: Render) -> list[dict[str, Any]]:
        """The pictures and videos that a render is made from; `poster` is the digest that shows it."""
        files = [("first frame", render.file, render.file_sha256)] if render.kind is Kind.CREATE else []
        files += [("last frame", render.last_file, render.last_sha256)]
        files += [("reference", file, sha256) for file, sha256 in render.references]
        cast = [self._graph.renders[address] for address in render.characters]
        files += [(one.prompt, one.file, one.file_sha256) for one in cast]
        found: list[dict[str, Any]] = [
            {"what": what, "name": file, "poster": sha256, "page": None}
            for what, file, sha256 in files
            if file
        ]
        for what, still in (("first frame", render.still), ("last frame", render.last_still)):
            if still is not None:
                page, poster = name_of(owner(still)), self._snapshot.asset_of(still)
                found.append({"what": what, "name": page, "poster": poster, "page": page})
        return found

    def _step(self, address: str, spec: ClipSpec | StillSpec) -> dict[str, Any]:
        shown = self._render(address)
        position = parse(address).step or 1
        shown["prompt"] = spec.steps[position - 1].prompt if position <= len(spec.steps) else ""
        return shown

    def _facts(self, render: Render, record: Record | None) -> list[list[str]]:
        """What is asked for and what is known of it, as pairs of words."""
        facts = [["model", render.model], ["size", render.size]]
        if render.seconds:
            facts.append(["length", f"{render.seconds} s"])
        facts += [[name, _words(value)] for name, value in sorted(render.params.items())]
        seed = _seed_of(record)
        if seed and "seed" not in render.params:
            facts.append(["seed", seed])
        facts += [["character", self._graph.label(c).removeprefix("character.")] for c in render.characters]
        return [[name, value] for name, value in facts if value]

    def _revisions(self, spec: ClipSpec | StillSpec) -> list[dict[str, Any]]:
        """Earlier prompts, newest first, each with its takes and what has changed since."""
        current = " ".join((spec.prompt or "").split())
        found: dict[str, list[Record]] = {}
        for record in self._store.records_of(self._node.address):
            is_take = record.kind in ("create", "still") and record.source_key is None
            if is_take and record.key not in self._records:
                found.setdefault(_prompt_of(record), []).append(record)
        dated = sorted(found.items(), key=lambda item: -max(r.intent_at or 0 for r in item[1]))
        return [
            {
                "prompt": prompt,
                "diff": word_diff(prompt, current) if " ".join(prompt.split()) != current else [],
                "takes": [self._earlier(record) for record in records],
            }
            for prompt, records in dated
        ]

    def _earlier(self, record: Record) -> dict[str, Any]:
        asset = record.asset if record.asset in self._present else None
        return {
            "address": record.address,
            "label": self._graph.label(record.address),
            "number": parse(record.address).take,
            "key": record.key[:KEY_DIGITS],
            "kind": record.kind,
            "stage": "retired",
            "reason": "",
            "video": asset,
            "picture": self._snapshot.picture_of(asset),
            "references": [],
            "rejected": None,
            "to_pay": None,
            "facts": [[n, v] for n, v in (("model", record.model), ("size", record.size)) if v],
            "checks": [],
            "notes": [note_json(n) for n in notes_on(self._snapshot.notes, record.address, record.key)],
            **self._record_fields(record),
        }

    def _elsewhere(self) -> list[Note]:
        """Notes on the clip that no render shown here has."""
        keys = {r.key[:KEY_DIGITS] for r in self._store.records_of(self._node.address)}
        keys |= {self._graph.keys[address][:KEY_DIGITS] for address in self._node.renders}
        prefix = f"{self._node.address}#"
        return [
            note
            for note in self._snapshot.notes.notes
            if note.on.startswith(prefix) and note.render and note.render[:KEY_DIGITS] not in keys
        ]


def with_rates(clip: dict[str, Any], media: Media) -> dict[str, Any]:
    """A clip with what its videos say of themselves: frames a second, and high dynamic range."""
    earlier = (take for revision in clip["revisions"] for take in revision["takes"])
    for shown in (*clip["takes"], *clip["steps"], *earlier):
        moving = shown["video"] if not shown["picture"] else None
        shown["fps"] = media.rate(moving) if moving else None
        if moving and (hdr := media.hdr(moving)):
            shown["facts"].append(["range", f"HDR ({hdr})"])
    return clip


def references_in(snapshot: Snapshot, clip: dict[str, Any]) -> dict[str, str]:
    """The files of the library that a clip's page shows as pictures, by digest."""
    shown = (one for take in (*clip["takes"], *clip["steps"]) for one in take["references"])
    return {one["poster"]: one["name"] for one in shown if one["page"] is None and one["poster"]}


def note_json(note: Note) -> dict[str, Any]:
    """A note for the page."""
    return {
        "id": note.id,
        "on": note.on,
        "frame": note.frame,
        "text": note.text,
        "box": note.box,
        "arrow": note.arrow,
        "by": note.by,
        "at": note.at,
        "done": note.done,
        "reply_to": note.reply_to,
    }


def _prompt_of(record: Record) -> str:
    """The prompt as it was sent, as far as the record knows it."""
    for text in (record.request, record.inputs):
        fields = _fields(text)
        if isinstance(prompt := fields.get("prompt"), str):
            return prompt
    return ""


def _seed_of(record: Record | None) -> str:
    fields = {} if record is None else {**_fields(record.inputs), **_fields(record.request)}
    seed = fields.get("seed")
    params = fields.get("params")
    if seed is None and isinstance(params, dict):
        seed = params.get("seed")
    return "" if seed is None else str(seed)


def _fields(text: str) -> Mapping[str, Any]:
    try:
        fields = json.loads(text)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _words(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
