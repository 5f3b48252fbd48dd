"""Two people apply at the same time: disjoint parts never wait, the same clip is paid for once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgres_server import PostgresServer
from tests.team.two_people import (
    bad_connection,
    disjoint_parts,
    last_of_the_budget,
    one_is_killed,
    restarted_server,
    same_clip,
)

ROUNDS = [2, pytest.param(1000, marks=pytest.mark.heavy)]


@pytest.mark.parametrize("rounds", ROUNDS)
def test_the_same_clip_is_paid_for_once(
    tmp_path: Path, postgres: PostgresServer, schema: str, rounds: int
) -> None:
    told = same_clip(tmp_path, postgres, schema, rounds)
    assert not told.wrong, (told.wrong, told.ends)


@pytest.mark.parametrize("rounds", [1, pytest.param(1000, marks=pytest.mark.heavy)])
def test_disjoint_parts_never_wait(
    tmp_path: Path, postgres: PostgresServer, schema: str, rounds: int
) -> None:
    told = disjoint_parts(tmp_path, postgres, schema, rounds)
    assert not told.wrong, (told.wrong, told.ends)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_what_a_killed_apply_was_about_is_followed_and_not_sent_again(
    tmp_path: Path, postgres: PostgresServer, schema: str, rounds: int
) -> None:
    told = one_is_killed(tmp_path, postgres, schema, rounds, seed=5)
    assert not told.wrong, (told.wrong, told.ends)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_a_connection_that_breaks_anywhere_costs_nothing(
    tmp_path: Path, postgres: PostgresServer, schema: str, rounds: int
) -> None:
    told, cuts = bad_connection(tmp_path, postgres, schema, rounds, seed=3)
    assert not told.wrong, (told.wrong, told.ends)
    assert cuts > 0


@pytest.mark.parametrize("rounds", [1, pytest.param(100, marks=pytest.mark.heavy)])
def test_a_database_that_crashes_in_the_middle_costs_nothing(
    tmp_path: Path, postgres: PostgresServer, schema: str, rounds: int
) -> None:
    told = restarted_server(tmp_path, postgres, schema, rounds)
    assert not told.wrong, (told.wrong, told.ends)


@pytest.mark.parametrize("rounds", [1, pytest.param(300, marks=pytest.mark.heavy)])
def test_the_last_of_a_budget_is_spent_once(
    tmp_path: Path, postgres: PostgresServer, schema: str, rounds: int
) -> None:
    told = last_of_the_budget(tmp_path, postgres, schema, rounds)
    assert not told.wrong, (told.wrong, told.ends)
