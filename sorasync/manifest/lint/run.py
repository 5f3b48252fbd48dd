"""Runs all rules over a library and turns findings into diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sorasync.library_file import CONFIG_FILE
from sorasync.manifest.codes import LEVELS, MEDIA_CODES
from sorasync.manifest.config import Config
from sorasync.manifest.diagnostic import Diagnostic, Severity
from sorasync.manifest.library import CharacterSpec, ClipSpec, Library, Origin
from sorasync.manifest.lint import (
    contradictions,
    detail,
    names,
    palette,
    parameters,
    shots,
    steps,
    timing,
    vague,
)
from sorasync.manifest.lint.duplicates import CODE as DUPLICATE
from sorasync.manifest.lint.duplicates import Vocabularies, vocabularies_near
from sorasync.manifest.lint.memo import Found, LintMemo
from sorasync.manifest.lint.prompt import Prompt
from sorasync.manifest.lint.rule import EVERY, LintRule, Setting
from sorasync.manifest.lint.suppress import Suppressions, unknown_code
from sorasync.manifest.lint.where import where
from sorasync.manifest.prompt_words import spoken, vocabulary

RULES = (
    parameters.RULE,
    names.MISSING,
    names.UNREFERENCED,
    shots.SET_UPS,
    shots.AT_ONCE,
    detail.RULE,
    vague.RULE,
    timing.TOO_MUCH,
    timing.LONG,
    palette.RULE,
    steps.SEVERAL,
    steps.REPEATS,
    contradictions.RULE,
)

_LONGEST_CHAIN = 100


@dataclass(frozen=True, slots=True)
class Defaults:
    """The provider's defaults: the seconds of a clip that sets none, by model, None if unknown."""

    seconds: Callable[[str | None], int | None] = lambda model: None


def lint(
    library: Library,
    *,
    only: Collection[str] | None = None,
    defaults: Defaults | None = None,
    memo: LintMemo | None = None,
) -> tuple[Diagnostic, ...]:
    """All findings in the prompts of a library, sorted; never raises.

    `only` are names of clips to look at; suppressions that took nothing back are told of only where all of
    them are. `[lint]` of the configuration and comments in the manifests are followed. A caller that looks
    again and again passes the same `memo` each time.
    """
    return _Linting(library, only, defaults or Defaults(), memo).run()


class _Linting:
    """The work on one library."""

    def __init__(
        self, library: Library, only: Collection[str] | None, defaults: Defaults, memo: LintMemo | None
    ) -> None:
        self.library = library
        self.memo = memo
        self.only = only
        self.seconds = defaults.seconds
        config = library.config.lint
        self.ignored = frozenset(config.ignore)
        self.levels = LEVELS | {code: Severity(level) for code, level in config.levels.items()}
        allowed = frozenset(word.lower() for word in config.allow_words)
        self.setting = Setting(
            library.characters,
            _by_word(library.characters.values()),
            self._characters,
            config.limits,
            allowed,
        )
        rules = [rule for rule in RULES if rule.code not in self.ignored]
        if not library.characters:
            rules = [rule for rule in rules if not rule.of_characters]
        self.always = {kind: _always(rules, kind) for kind in EVERY}
        self.triggered = _by_trigger(rules)
        self.trigger_words = frozenset(self.triggered)
        # Those of all clips where all are looked at, else those of `only`.
        self.vocabularies = Vocabularies()
        self.said: dict[str, str] = {}
        self.found: list[Found] = []
        if memo is not None:
            memo.begin((library.characters, self.ignored, config.limits, allowed), len(library.clips))

    def run(self) -> tuple[Diagnostic, ...]:
        for clip in self._clips():
            self.found += self._in_clip(clip)
        self._duplicates()
        suppressions = Suppressions(self.library.places, self._remarked())
        diagnostics = [d for found in self.found if (d := self._diagnostic(found, suppressions)) is not None]
        diagnostics += self._levelled(suppressions.diagnostics(unused=self.only is None))
        diagnostics += self._levelled(self._config(self.library.config))
        return tuple(sorted(diagnostics, key=Diagnostic.sort_key))

    def _in_clip(self, clip: ClipSpec) -> Sequence[Found]:
        """What is found in one clip, as before where it and those it starts from are the same as before."""
        line, seconds = tuple(self._sources(clip)), clip.seconds or self.seconds(clip.model)
        memo = None if self.only is None else self.memo
        if memo is not None and (kept := memo.recall(line, seconds)) is not None:
            return kept
        found: list[Found] = []
        for prompt in self._prompts(clip, seconds):
            found += self._check(prompt)
            if prompt.kind == "create":
                said = vocabulary(prompt.words)
                if self.only is None:
                    self.vocabularies.put(clip, said)
                else:
                    self.said[clip.name] = said
            # The prompts it continues were needed only now, and must not be kept alive with the findings.
            prompt.before = _no_lines
        if memo is not None:
            memo.keep(line, seconds, found)
        return found

    def _remarked(self) -> list[str]:
        """The manifests whose comments matter: all that have any, or those in which something was found."""
        found = {prompt.origin.file for _, prompt, _ in self.found}
        return [file for file in self.library.remarks if self.only is None or file in found]

    def _duplicates(self) -> None:
        if DUPLICATE in self.ignored:
            return
        alike = (
            self.vocabularies
            if self.only is None
            else vocabularies_near(self.library.clips, self.only, self.said)
        )
        for clip, finding in alike.duplicates(self.only):
            self.found.append((DUPLICATE, Prompt("create", clip.prompt or "", clip, clip.origin), finding))

    def _clips(self) -> Iterable[ClipSpec]:
        """The clips to look at. What is found in a prompt is quoted, and rows are not."""
        clips = self.library.clips
        if self.only is None:
            return (clip for clip in clips.values() if not clip.row)
        named = (clips[name] for name in sorted(self.only) if name in clips)
        return [clip for clip in named if not clip.row]

    def _prompts(self, clip: ClipSpec, seconds: int | None) -> Iterator[Prompt]:
        if clip.prompt is not None:
            yield Prompt("create", clip.prompt, clip, clip.origin, seconds)
        for number, step in enumerate(clip.steps):

            def before(number: int = number) -> Iterator[str]:
                return self._before(clip, number)

            yield Prompt(step.kind, step.prompt, clip, step.origin, step.seconds, before)

    def _before(self, clip: ClipSpec, number: int) -> Iterator[str]:
        """The prompts that a step continues, the nearest first, through the clips it branches from."""
        yield from (step.prompt for step in reversed(clip.steps[:number]))
        for one in self._sources(clip):
            if one is not clip:
                yield from (step.prompt for step in reversed(one.steps))
            if one.prompt is not None:
                yield one.prompt

    def _sources(self, clip: ClipSpec) -> Iterator[ClipSpec]:
        """The clip, the one it starts from, and so on to the first."""
        one: ClipSpec | None = clip
        for _ in range(_LONGEST_CHAIN):
            if one is None:
                return
            yield one
            one = self.library.clips.get(one.source) if one.source is not None else None

    def _characters(self, clip: ClipSpec) -> frozenset[str]:
        return frozenset(slug for one in self._sources(clip) for slug in one.characters)

    def _check(self, prompt: Prompt) -> Iterator[Found]:
        for rule in self.always[prompt.kind]:
            for finding in rule.check(prompt, self.setting):
                yield rule.code, prompt, finding
        if prompt.words.isdisjoint(self.trigger_words):
            return
        hits = prompt.words & self.trigger_words
        for rule in frozenset().union(*(self.triggered[word] for word in hits)):
            if prompt.kind in rule.kinds:
                for finding in rule.check(prompt, self.setting):
                    yield rule.code, prompt, finding

    def _diagnostic(self, found: Found, suppressions: Suppressions) -> Diagnostic | None:
        code, prompt, finding = found
        position, value = where(self.library, prompt, finding)
        if suppressions.covers(code, value):
            return None
        return Diagnostic(
            code=code,
            severity=self.levels[code],
            message=finding.message,
            position=position,
            address=f"clip.{prompt.clip.name}",
            expected=finding.expected,
            fix=finding.fix,
            source=self.library.source(position),
        )

    def _levelled(self, diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
        from dataclasses import replace

        for diagnostic in diagnostics:
            if diagnostic.code not in self.ignored:
                yield replace(diagnostic, severity=self.levels[diagnostic.code])

    def _config(self, config: Config) -> Iterator[Diagnostic]:
        """Codes of `[lint]` that no rule has."""
        named: list[tuple[str, tuple[str | int, ...]]] = [
            *((code, ("ignore", index)) for index, code in enumerate(config.lint.ignore)),
            *((code, ("levels", code)) for code in config.lint.levels),
        ]
        for code, path in named:
            if code in LEVELS or code in MEDIA_CODES:
                continue
            position = self.library.position(self._config_place(path))
            message, _, expected, fix = unknown_code(code, position)
            source = self.library.source(position)
            yield Diagnostic("S292", Severity.WARNING, message, position, None, expected, fix, source)

    def _config_place(self, path: tuple[str | int, ...]) -> Origin:
        places, env = self.library.places, self.library.config.env
        positions = places.locator.of(CONFIG_FILE) if places else None
        overlaid = ("env", env or "", "lint", *path)
        here = overlaid if positions is not None and positions.has(overlaid) else ("lint", *path)
        return Origin(CONFIG_FILE, here)


def _no_lines() -> Iterator[str]:
    return iter(())


def _by_word(characters: Iterable[CharacterSpec]) -> Mapping[str, list[CharacterSpec]]:
    found: dict[str, list[CharacterSpec]] = {}
    for character in characters:
        words = spoken(character.name.lower())
        if words:
            found.setdefault(words[0], []).append(character)
    return found


def _always(rules: Iterable[LintRule], kind: str) -> tuple[LintRule, ...]:
    return tuple(rule for rule in rules if kind in rule.kinds and not rule.triggers)


def _by_trigger(rules: Iterable[LintRule]) -> dict[str, frozenset[LintRule]]:
    found: dict[str, frozenset[LintRule]] = {}
    for rule in rules:
        for word in rule.triggers:
            found[word] = found.get(word, frozenset()) | {rule}
    return found
