"""What users of the ADBC driver for Flight SQL do."""

import json
import urllib.request

import adbc_driver_flightsql.dbapi
import pyarrow
from adbc_driver_flightsql import DatabaseOptions
from adbc_driver_manager import NotSupportedError, ProgrammingError
from calling import main, raised
from influxdb_client_3 import SYNCHRONOUS, InfluxDBClient3, write_client_options

AUTHORIZATION = DatabaseOptions.AUTHORIZATION_HEADER.value

CPU = """\
cpu,host=a usage=0.5,cores=4i 1704067200000000000
cpu,host=b usage=1.5,cores=8i 1704067260000000000
mem,host=a free=1u 1704067200000000000"""


def connect(url, **more):
    headers = {DatabaseOptions.RPC_CALL_HEADER_PREFIX.value + "database": "db", **more}
    return adbc_driver_flightsql.dbapi.connect(url.replace("http", "grpc+tcp"), db_kwargs=headers, autocommit=True)


def write(url, token="token"):
    options = write_client_options(write_options=SYNCHRONOUS)
    with InfluxDBClient3(host=url, token=token, database="db", write_client_options=options) as db:
        db.write(CPU)


def connected(url, **more):
    """A connection to a server that has two tables."""
    write(url)
    return connect(url, **more)


def catalog(url):
    """Catalogs, schemas, tables and columns are listed, also by pattern."""
    with connected(url) as db:
        (public,) = db.adbc_get_objects(depth="all").read_all().to_pylist()
        assert public["catalog_name"] == "public", public
        schemas = {schema["db_schema_name"]: schema["db_schema_tables"] for schema in public["catalog_db_schemas"]}
        assert set(schemas) == {"iox", "system", "information_schema"}, schemas
        tables = {table["table_name"]: table for table in schemas["iox"]}
        assert set(tables) == {"cpu", "mem"} and tables["cpu"]["table_type"] == "BASE TABLE", tables
        columns = [column["column_name"] for column in tables["cpu"]["table_columns"]]
        assert columns == ["cores", "host", "time", "usage"], columns
        filters = {"db_schema_filter": "i%x", "table_name_filter": "m_m", "table_types_filter": ["BASE TABLE"]}
        (public,) = db.adbc_get_objects(depth="tables", **filters).read_all().to_pylist()
        found = [table["table_name"] for schema in public["catalog_db_schemas"] for table in schema["db_schema_tables"]]
        assert found == ["mem"], found
        assert db.adbc_get_table_types() == ["BASE TABLE", "VIEW"]
        cpu = db.adbc_get_table_schema("cpu", db_schema_filter="iox")
        assert cpu.field("host").type == pyarrow.string(), cpu
        assert cpu.field("host").metadata == {b"iox::column::type": b"iox::column_type::tag"}, cpu
        assert db.adbc_get_info()["vendor_name"] == "Tidegate"


def queries(url):
    """Statements return rows, and tell their columns without being run."""
    with connected(url) as db, db.cursor() as cursor:
        cursor.execute("SELECT host, usage FROM cpu ORDER BY time")
        assert cursor.fetchall() == [("a", 0.5), ("b", 1.5)]
        cursor.execute("SELECT * FROM mem")
        assert cursor.fetch_arrow_table().column_names == ["free", "host", "time"]
        cursor.execute("SHOW TABLES")
        assert ("public", "iox", "cpu", "BASE TABLE") in cursor.fetchall()
        cursor.execute("SELECT count(*) FROM system.queries WHERE query_type = 'flightsql' AND phase = 'success'")
        assert cursor.fetchall() == [(3,)]
        columns = cursor.adbc_execute_schema("SELECT usage, 'x' AS x FROM cpu")
        assert columns.names == ["usage", "x"] and columns.field("usage").type == pyarrow.float64(), columns


def prepared(url):
    """Parameters are bound by place, one row at a time."""
    with connected(url) as db, db.cursor() as cursor:
        for sql in ["host = ? AND cores > ?", "host = $1 AND cores > $2", "cores > $2 AND host = $1"]:
            for values, rows in [(("b", 4), [(1.5,)]), (("a", 4), []), (("a", 3), [(0.5,)])]:
                cursor.execute(f"SELECT usage FROM cpu WHERE {sql}", values)
                assert cursor.fetchall() == rows, (sql, values)
        cursor.execute("SELECT ? AS a, ? AS b, ? AS c, ? AS d", (1, 2.5, "it's", True))
        assert cursor.fetchall() == [(1, 2.5, "it's", True)]
        wanted = cursor.adbc_prepare("SELECT usage FROM cpu WHERE host = ? AND cores > ?")
        assert wanted.names == ["1", "2"] and wanted.field("2").type == pyarrow.int64(), wanted
        text = raised(ProgrammingError, lambda: cursor.execute("SELECT ?"))
        assert "a parameter has no value. parameter=`1`" in text, text
        text = raised(ProgrammingError, lambda: cursor.execute("SELECT ?", (1, 2)))
        assert "too many or too few parameters. given=`2` expected=`1`" in text, text
        two = pyarrow.record_batch({"0": [1, 2]})
        text = raised(ProgrammingError, lambda: cursor.execute("SELECT ?", two))
        assert "a statement runs for one row of parameters at a time" in text, text


def errors(url):
    """Bad statements raise what the server says of them."""
    with connected(url) as db, db.cursor() as cursor:

        def fetched(sql):
            cursor.execute(sql)
            return cursor.fetchall()

        for sql, reason in [
            ("NO SQL", "error while planning query: SQL error"),
            ("SELECT * FROM nowhere", "table 'public.iox.nowhere' not found"),
            ("DELETE FROM cpu", "DML not supported"),
            ("SELECT 1 / (cores - 4) FROM cpu", "error while executing plan: Arrow error: Divide by zero error"),
        ]:
            text = raised(ProgrammingError, lambda: fetched(sql))
            assert "INVALID_ARGUMENT" in text and reason in text, text
        text = raised(NotSupportedError, lambda: cursor.adbc_ingest("x", pyarrow.table({"a": [1]})))
        assert "write line protocol over HTTP" in text, text
        text = raised(NotSupportedError, lambda: cursor.executemany("SELECT ?", [(1,)]))
        assert "SQL only reads here" in text, text
    unnamed = adbc_driver_flightsql.dbapi.connect(url.replace("http", "grpc+tcp"), autocommit=True)
    with unnamed, unnamed.cursor() as cursor:
        text = raised(ProgrammingError, lambda: cursor.execute("SELECT 1"))
        assert "send its name as the gRPC header `database`" in text, text


def streaming(url):
    """A result that is larger than any message comes in many batches."""
    rows = 500_000
    text = "repeat('x', 100) AS text"
    with connected(url) as db, db.cursor() as cursor:
        cursor.execute(f"SELECT value, {text} FROM generate_series(1, {rows})")
        batches = list(cursor.fetch_record_batch())
        assert sum(batch.num_rows for batch in batches) == rows
        assert max(batch.nbytes for batch in batches) < 4 << 20, "a message is larger than clients take"
        assert sum(batch.nbytes for batch in batches) > 50 << 20
        cursor.execute(f"SELECT 1 / ({rows} - value), {text} FROM generate_series(1, {rows})")
        reader = cursor.fetch_record_batch()
        assert reader.read_next_batch().num_rows > 0
        error = raised(Exception, lambda: list(reader))
        assert "Divide by zero" in error, error


def password(url):
    """A password is handed back as the token."""
    with connected(url, username="anybody", password="apiv3_token") as db, db.cursor() as cursor:
        cursor.execute("SELECT 1 AS one")
        assert cursor.fetchall() == [(1,)]


def tokens(url):
    """Nobody is let in without a token, which may come as a password."""
    asked = urllib.request.Request(f"{url}/api/v3/configure/token/admin", method="POST")
    token = json.load(urllib.request.urlopen(asked))["token"]
    write(url, token)

    def rows(token, user):
        # The length of the name decides about the padding of what is sent.
        how = {"username": user, "password": token} if user else {AUTHORIZATION: f"Bearer {token}"}
        with connect(url, **how) as db, db.cursor() as cursor:
            cursor.execute("SELECT host FROM cpu ORDER BY host")
            return cursor.fetchall()

    for user in [None, "a", "ab", "abc"]:
        assert rows(token, user) == [("a",), ("b",)], user
        text = raised(ProgrammingError, lambda: rows("wrong", user))
        assert "UNAUTHENTICATED" in text and "the request was not authenticated" in text, text


if __name__ == "__main__":
    main(globals())
