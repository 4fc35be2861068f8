from datetime import datetime, timezone

from runner.local import LOCAL
from tests.columns_of import column, i64, text
from tests.running import RunCase
from wit_world.imports import query, types, write

LINE = "LineBuilder('m').int64_field('x', 1)"


class Surface(RunCase):
    def test_members_are_those_of_influxdb(self):
        members = {name for name in dir(LOCAL) if not name.startswith("__")}
        self.assertEqual(
            members,
            {"info", "warn", "error", "query", "write", "cache", "write_to_db", "write_sync", "write_sync_to_db"},
        )

    def test_log(self):
        self.scheduled("local.info('i', [{'a': 1}], 's2'); local.warn(); local.error('\\udc80')")
        self.assertEqual(self.logged(), [("INFO", "i [{'a': 1}] s2"), ("WARN", ""), ("ERROR", "\\udc80")])


class Writes(RunCase):
    def test_lines_are_staged_once_a_database(self):
        self.scheduled(f"local.write({LINE})\nlocal.write_to_db('b', {LINE})\nlocal.write({LINE})")
        self.assertEqual(write.staged, [(None, "m x=1i\nm x=1i"), ("b", "m x=1i")])

    def test_nothing_is_staged_if_the_plugin_raises(self):
        self.failure(self.scheduled, f"local.write({LINE})\n1 / 0")
        self.scheduled("pass")
        self.assertEqual(write.staged, [])

    def test_large_writes_do_not_wait_for_the_end(self):
        self.scheduled(f"for _ in range(200_000): local.write({LINE})")
        self.assertEqual(len(write.staged), 2)
        self.assertEqual(sum(lines.count("\n") + 1 for _, lines in write.staged), 200_000)

    def test_what_cannot_be_built(self):
        self.assertRaises(AttributeError, LOCAL.write, "m x=1i")
        self.assertRaises(TypeError, LOCAL.write, type("B", (), {"build": lambda self: 1})())
        self.assertRaises(UnicodeEncodeError, LOCAL.write, type("B", (), {"build": lambda self: "\ud800"})())
        self.assertRaises(TypeError, LOCAL.write_to_db, 1, None)
        self.assertRaises(TypeError, LOCAL.write_sync, None)

    def test_a_bad_line_fails_the_run(self):
        write.refusal = write.WriteError_BadLine(write.BadLine(2, "no value"))
        failure = self.failure(self.scheduled, f"local.write({LINE})\nlocal.write({LINE})")
        self.assertEqual(
            failure,
            types.Failure_Invalid(
                types.FailureDetail(
                    "error writing back lines to the trigger's database: Cannot write: line protocol parse failed:"
                    " line 2: no value: m x=1i",
                    None,
                )
            ),
        )

    def test_a_database_that_does_not_answer_is_tried_again(self):
        write.refusal = write.WriteError_Unavailable("busy")
        failure = self.failure(self.scheduled, f"local.write_to_db('b', {LINE})")
        self.assertIsInstance(failure, types.Failure_TryAgain)
        self.assertEqual(failure.value.message, "error writing back lines to b: Cannot write: busy")

    def test_the_servers_own_database_raises_at_once(self):
        self.scheduled(f"try: local.write_to_db('_internal', {LINE})\nexcept Exception as e: local.info(e)")
        told = "error writing back lines to _internal: plugins cannot write to it"
        self.assertEqual((self.logged(), write.staged), ([("INFO", told)], []))

    def test_sync(self):
        self.scheduled(f"local.write_sync({LINE}, no_sync=True)\nlocal.write_sync_to_db('b', {LINE}, False)")
        self.assertEqual(write.written, [(None, "m x=1i", "BUFFERED"), ("b", "m x=1i", "DURABLE")])
        write.refusal = write.WriteError_Invalid("type mismatch")
        failure = self.failure(self.scheduled, f"local.write_sync_to_db('b', {LINE}, True)")
        message = "Exception: error writing line protocol to b: Cannot write: type mismatch"
        self.assertEqual(failure.value.message, message)


class Queries(RunCase):
    def test_all_pieces(self):
        query.pieces += [[column("a", i64(1, 2))], [column("a", i64(3))]]
        self.assertEqual(LOCAL.query("SELECT a", database="b"), [{"a": 1}, {"a": 2}, {"a": 3}])
        self.assertEqual(query.opened, [("SELECT a", [], "b")])

    def test_nested_values_are_lists_and_dicts(self):
        query.described += [query.Described("a", "List(Int64)"), query.Described("b", "Utf8")]
        query.pieces += [[column("a", types.ColumnValues_Text(text("[1, null]", "")), b"\x01"), column("b", types.ColumnValues_Text(text("[1]", "x")))]]
        self.assertEqual(LOCAL.query("q"), [{"a": [1, None], "b": "[1]"}, {"a": None, "b": "x"}])

    def test_parameters(self):
        moment = datetime(2025, 1, 1, 0, 0, 0, 1)
        values = {"s": "x", "n": None, "b": True, "i": -1, "u": 2**63, "f": 0.5, "t": moment,
                  "z": moment.replace(tzinfo=timezone.utc)}  # fmt: skip
        LOCAL.query("q", values)
        nanoseconds = 1735689600000001000
        self.assertEqual(
            dict(query.opened[0][1]),
            {"s": types.Value_Text("x"), "n": types.Value_Null(), "b": types.Value_Boolean(True),
             "i": types.Value_I64(-1), "u": types.Value_U64(2**63), "f": types.Value_F64(0.5),
             "t": types.Value_Time(nanoseconds), "z": types.Value_Time(nanoseconds)},
        )  # fmt: skip

    def test_what_is_no_parameter(self):
        self.assertRaises(TypeError, LOCAL.query, 1)
        self.assertRaises(TypeError, LOCAL.query, "q", [("a", 1)])
        self.assertRaises(TypeError, LOCAL.query, "q", {1: "a"})
        self.assertRaisesRegex(TypeError, "'a' is of type 'list'; use str", LOCAL.query, "q", {"a": []})
        self.assertRaises(OverflowError, LOCAL.query, "q", {"a": 2**64})
        self.assertRaises(OverflowError, LOCAL.query, "q", {"a": datetime(9999, 1, 1)})

    def test_errors_can_be_caught_by_name(self):
        text = "error: no such table executing query on foo: SELECT foo"
        query.refusal = query.QueryError_Invalid(text)
        self.scheduled("try: local.query('SELECT foo')\nexcept QueryError as e: local.info(type(e).__name__, e)")
        self.assertEqual(self.logged(), [("INFO", f"QueryError {text}")])
