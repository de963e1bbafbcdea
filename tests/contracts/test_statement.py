"""How statements are put together for PostgreSQL."""

import pytest

from assent.adapters.sql.statement import Query, Statement, failed_step, gathered, listed, numbered


def test_names_become_numbers_each_once():
    text, names = numbered("a = $a AND b = $b OR a > $a", first=3)
    assert (text, names) == ("a = $3 AND b = $4 OR a > $3", ("a", "b"))


def test_the_callers_number_stands_behind_the_querys_own_columns():
    text = gathered(Query("SELECT x FROM t WHERE id = $id", {"id": "bigint"}))
    assert text.startswith("SELECT found_.*, asked_.n_ FROM unnest($1::bigint[])")
    assert "WHERE id = asked_.id" in text


def test_arguments_follow_their_steps():
    one = Statement("UPDATE t SET a = $a WHERE id = $id RETURNING a, b", returns=("a", "b"))
    two = Statement("DELETE FROM u WHERE id = $id RETURNING id", must=False)
    whole = listed((one, two, one))
    steps = [(one, {"a": 1, "id": 2}), (two, {"id": 3}), (one, {"a": 4, "id": 5})]
    assert whole.arguments(steps) == [1, 2, 3, 4, 5]
    assert whole.spans == ((1, 3), (3, 3), (3, 5))
    assert "NOT EXISTS (SELECT 1 FROM s1)" not in whole.text


@pytest.mark.parametrize("quotes", ['""', "«»", "»«", "„“", "''"])
def test_a_failed_step_is_read_in_every_language(quotes: str):
    """Servers quote the value in the marks of their own language."""
    text = listed((Statement("SELECT 1"),) * 13).text
    assert "'assent condition 12'" in text
    said = f"Ungültige Eingabesyntax: {quotes[0]}assent condition 12{quotes[1]}"
    assert failed_step(said) == 12
    assert failed_step('invalid input syntax for type integer: "12"') is None
