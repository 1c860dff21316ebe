"""The two roles of the database: the owner migrates, the app serves and may not rewrite history."""

import psycopg
from psycopg import sql

from project.services.postgres import DATABASE, USERS, Access

TEMPLATE = "template1"
# Default rights belong to a database. Set in the template, every new database has them, those of tests too.


def create(access: Access, *, owner_may_create_databases: bool = False) -> None:
    """Make roles, rights and database where they are missing. Safe to repeat.

    The app role gets SELECT, INSERT, UPDATE and DELETE on tables the owner makes later, never TRUNCATE; the
    journal's migrations take UPDATE and DELETE from it on their own tables.
    """
    passwords = access.passwords
    with psycopg.connect(access.url("engine", database=TEMPLATE), autocommit=True) as connection:
        _role(connection, USERS["owner"], passwords.owner, createdb=owner_may_create_databases)
        _role(connection, USERS["app"], passwords.app, createdb=False)
        _default_rights(connection)
    with psycopg.connect(access.url("engine", database="postgres"), autocommit=True) as connection:
        _database(connection)


def _role(connection: "psycopg.Connection[tuple[object, ...]]", name: str, password: str, *, createdb: bool) -> None:
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
        return
    rights = sql.SQL("CREATEDB" if createdb else "NOCREATEDB")
    statement = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEROLE {} PASSWORD {}")
    connection.execute(statement.format(sql.Identifier(name), rights, sql.Literal(password)))


def _default_rights(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    names = {"owner": sql.Identifier(USERS["owner"]), "app": sql.Identifier(USERS["app"])}
    for rights in ("SELECT, INSERT, UPDATE, DELETE ON TABLES", "USAGE, SELECT ON SEQUENCES"):
        grant = f"ALTER DEFAULT PRIVILEGES FOR ROLE {{owner}} GRANT {rights} TO {{app}}"
        connection.execute(sql.SQL(grant).format(**names))


def _database(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
        return
    statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
    names = (sql.Identifier(DATABASE), sql.Identifier(USERS["owner"]), sql.Identifier(TEMPLATE))
    connection.execute(statement.format(*names))
