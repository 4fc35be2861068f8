"""What users of influxdb3-python do to query."""

import asyncio
import datetime

import pandas
import polars
import pyarrow
from calling import main, raised
from influxdb_client_3 import SYNCHRONOUS, InfluxDBClient3, write_client_options
from influxdb_client_3.exceptions import InfluxDB3ClientQueryError

CPU = """\
cpu,host=a usage=0.5,cores=4i,big=1u,on=true,note="x" 1704067200000000000
cpu,host=b usage=1.5,cores=8i 1704067260000000000"""

ALL = "SELECT * FROM cpu ORDER BY time"


def client(url):
    options = write_client_options(write_options=SYNCHRONOUS)
    db = InfluxDBClient3(host=url, token="token", database="db", write_client_options=options)
    db.write(CPU)
    return db


def modes(url):
    """Every mode of a query returns the same rows."""
    columns = ["big", "cores", "host", "note", "on", "time", "usage"]
    with client(url) as db:
        table = db.query(ALL, mode="all")
        assert isinstance(table, pyarrow.Table) and table.column_names == columns, table
        assert table.column("usage").to_pylist() == [0.5, 1.5] and table.column("on").to_pylist() == [True, None]
        frame = db.query(ALL, mode="pandas")
        assert isinstance(frame, pandas.DataFrame) and list(frame["host"]) == ["a", "b"], frame
        assert list(frame["time"]) == [pandas.Timestamp("2024-01-01"), pandas.Timestamp("2024-01-01 00:01")], frame
        polar = db.query(ALL, mode="polars")
        assert isinstance(polar, polars.DataFrame) and polar["cores"].to_list() == [4, 8], polar
        chunks = db.query(ALL, mode="chunk")
        assert pyarrow.Table.from_batches([chunk.data for chunk in chunks]) == table
        reader = db.query(ALL, mode="reader")
        assert isinstance(reader, pyarrow.RecordBatchReader) and reader.read_all() == table
        assert db.query(ALL, mode="schema") == table.schema
        assert db.query_dataframe(ALL).equals(frame)
        assert db.query_dataframe(ALL, frame_type="polars").equals(polar)


def schema(url):
    """The schema says what each column was stored as, also of no rows."""
    with client(url) as db:
        found = db.query("SELECT *, usage * 2 AS twice FROM cpu WHERE false", mode="all").schema
    kinds = {field.name: (field.metadata or {}).get(b"iox::column::type", b"").decode() for field in found}
    assert kinds == {
        "big": "iox::column_type::field::uinteger",
        "cores": "iox::column_type::field::integer",
        "host": "iox::column_type::tag",
        "note": "iox::column_type::field::string",
        "on": "iox::column_type::field::boolean",
        "time": "iox::column_type::timestamp",
        "usage": "iox::column_type::field::float",
        "twice": "",
    }, kinds
    assert found.field("host").type == pyarrow.string(), found
    assert found.field("time").type == pyarrow.timestamp("ns"), found


def asynchronous(url):
    """Queries from an event loop, several at once."""

    async def ask(db):
        wanted = "SELECT usage FROM cpu WHERE host = $host"
        asked = [db.query_async(wanted, mode="all", query_parameters={"host": host}) for host in "ab"]
        return [table.to_pylist() for table in await asyncio.gather(*asked)]

    with client(url) as db:
        assert asyncio.run(ask(db)) == [[{"usage": 0.5}], [{"usage": 1.5}]]
        frame = asyncio.run(db.query_async(ALL, mode="pandas"))
        assert list(frame["host"]) == ["a", "b"], frame


def parameters(url):
    """Parameters of every type that JSON has; text stays text."""
    with client(url) as db:

        def one(sql, **values):
            return db.query(sql, query_parameters=values).to_pylist()

        where = "SELECT host FROM cpu WHERE host = $host AND cores > $cores AND usage < $usage"
        assert one(where, host="b", cores=4, usage=2.5) == [{"host": "b"}]
        assert one("SELECT $yes AS yes, $none AS none", yes=True, none=None) == [{"yes": True, "none": None}]
        assert one("SELECT host FROM cpu WHERE host = $host", host="' OR 1 = 1") == []
        since = "SELECT host FROM cpu WHERE time >= $since"
        assert one(since, since=datetime.datetime(2024, 1, 1, 0, 1).isoformat()) == [{"host": "b"}]
        reason = raised(InfluxDB3ClientQueryError, lambda: one("SELECT $a", b=1))
        assert "a parameter has no value. parameter=`a`" in reason, reason


def errors(url):
    """Bad queries raise what the server says of them."""
    with client(url) as db:
        for sql, reason in [
            ("NO SQL", 'error while planning query: SQL error: ParserError("Expected: an SQL statement, found: NO'),
            ("SELECT * FROM nowhere", "table 'public.iox.nowhere' not found"),
            ("SELECT nothing FROM cpu", "No field named nothing"),
            ("DELETE FROM cpu", "DML not supported"),
            ("SELECT 1 / (cores - 4) FROM cpu", "error while executing plan: Arrow error: Divide by zero error"),
        ]:
            text = raised(InfluxDB3ClientQueryError, lambda: db.query(sql))
            assert "invalid argument" in text and reason in text, text
        db.write("wide " + ",".join(f"a_rather_long_name_{n}=1" for n in range(400)))
        text = raised(InfluxDB3ClientQueryError, lambda: db.query("SELECT nothing FROM wide"))
        assert "No field named nothing" in text and "(shortened)" in text, text
        text = raised(InfluxDB3ClientQueryError, lambda: db.query("SELECT 1", database="nowhere"))
        assert "not found" in text and "database not found: nowhere" in text, text
        text = raised(InfluxDB3ClientQueryError, lambda: db.query("SHOW MEASUREMENTS", language="influxql"))
        assert "InfluxQL is not supported; write the query in SQL" in text, text
        text = raised(InfluxDB3ClientQueryError, lambda: asyncio.run(db.query_async("NO SQL")))
        assert "found: NO" in text, text


def system_tables(url):
    """What the server knows about itself, in the database `_internal` too."""
    with client(url) as db:
        assert db.query("SHOW TABLES").to_pandas().query("table_schema == 'system'").shape[0] > 3
        wanted = "SELECT query_type, query_text FROM system.queries WHERE phase = 'success'"
        assert db.query(wanted).to_pylist() == [{"query_type": "sql", "query_text": "SHOW TABLES"}]
        found = db.query("SELECT count(*) AS n FROM system.databases", database="_internal").to_pylist()
        assert found[0]["n"] >= 1, found


def version(url):
    """The version of the server."""
    with client(url) as db:
        assert db.get_server_version().count(".") == 2


if __name__ == "__main__":
    main(globals())
