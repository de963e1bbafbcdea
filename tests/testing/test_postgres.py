"""The throw-away server: on this machine only, behind a password, and gone afterwards."""

import asyncpg
import pytest

from assent.testing.postgres import Cluster, PostgresUnusable


async def value(url: str, text: str):
    db = await asyncpg.connect(url)
    try:
        return await db.fetchval(text)
    finally:
        await db.close()


async def test_it_listens_here_alone_and_asks_for_the_password(cluster: Cluster):
    url = cluster.url("postgres")
    assert await value(url, "SHOW listen_addresses") == "127.0.0.1"
    assert await value(url, "SHOW fsync") == "off"
    user, _, rest = url.partition("@")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await value(f"{user}x@{rest}", "SELECT 1")


async def test_a_database_is_new_or_a_copy(cluster: Cluster):
    url = cluster.database("original")
    await value(url, "CREATE TABLE t AS SELECT 7 AS n")
    assert await value(cluster.database("copy", "original"), "SELECT n FROM t") == 7
    with pytest.raises(PostgresUnusable, match="already exists"):
        cluster.database("copy")
    cluster.drop("copy")
    assert await value(cluster.database("copy"), "SELECT to_regclass('t')") is None


async def test_it_goes_away_and_comes_back_with_what_it_held():
    with Cluster() as own:
        url = own.database("kept")
        assert await value(url, "SHOW fsync") == "on"
        for n, end in enumerate((own.stop, own.kill)):
            await value(url, f"CREATE TABLE t{n} ()")
            end()
            assert not own.running()
            with pytest.raises(OSError, match=r"(?i)connect"):
                await value(url, "SELECT 1")
            own.start()
            assert await value(url, f"SELECT to_regclass('t{n}')") == f"t{n}"
        home = own._home
    assert not home.exists()
    assert not own.running()
