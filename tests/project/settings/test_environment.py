"""DATABASE_URL as Django gets it: nothing that stands in it is dropped."""

import pytest

from project.settings import environment

SESSION = "-c lock_timeout=2000 -c idle_in_transaction_session_timeout=30000"


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql://ann:s@db:6000/windlass", ("windlass", "ann", "s", "db", "6000")),
        ("postgresql://a%40b:p%2F%3A@db/my%20books", ("my books", "a@b", "p/:", "db", "5432")),
        ("postgresql:///windlass?host=/var/run/postgresql", ("windlass", "", "", "/var/run/postgresql", "5432")),
        ("postgresql://one:5432,two:5433/windlass", ("windlass", "", "", "one,two", "5432,5433")),
    ],
)
def test_where_a_database_is(url: str, place: tuple[str, ...]) -> None:
    found = environment.database(url, pooled=False)
    assert tuple(found[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")) == place
    assert found["OPTIONS"] == {"options": SESSION}


@pytest.mark.parametrize(
    ("query", "options"),
    [
        (
            "sslmode=verify-full&sslrootcert=/etc/a%20b+c.pem",
            {"sslmode": "verify-full", "sslrootcert": "/etc/a b+c.pem", "options": SESSION},
        ),
        ("target_session_attrs=read-write", {"target_session_attrs": "read-write", "options": SESSION}),
        ("options=-c%20lock_timeout%3D9", {"options": f"{SESSION} -c lock_timeout=9"}),  # the later one counts
    ],
)
def test_parameters_are_options_of_the_connection(query: str, options: dict[str, str]) -> None:
    assert environment.database(f"postgresql://db/windlass?{query}", pooled=False)["OPTIONS"] == options


def test_a_pool_stands_beside_them() -> None:
    options = environment.database("postgresql://db/windlass?sslmode=require", pooled=True)["OPTIONS"]
    assert (options["sslmode"], options["pool"]["max_size"]) == ("require", 6)


@pytest.mark.parametrize("url", ["postgresql://ann:p%zz@db/windlass", "postgresql://db/windlass?sslmoed=require"])
def test_a_url_that_cannot_be_read_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(SystemExit, match="DATABASE_URL cannot be read") as refused:
        environment.database(url, pooled=False)
    assert "p%zz" not in str(refused.value)
