import unittest

from runner.rows import result_rows, table_batches
from tests.columns_of import batch, coded, column, f64, i64, text, time, u64
from wit_world.imports import types


class WrittenRows(unittest.TestCase):
    def rows(self, count, *columns):
        (table,) = table_batches([batch("cpu", count, *columns)])
        self.assertEqual(table["table_name"], "cpu")
        return table["rows"]

    def test_types_and_order(self):
        rows = self.rows(
            2,
            column("host", coded([1, 0], "A", "Bé")),
            column("usage", i64(1, -2)),
            column("big", u64(2**64 - 1, 0)),
            column("system", f64(23.2, 0.5)),
            column("up", types.ColumnValues_Boolean(b"\x01\x00")),
            column("note", types.ColumnValues_Text(text("", "plain"))),
            column("time", time(100, 200)),
        )
        first = {"host": "Bé", "usage": 1, "big": 2**64 - 1, "system": 23.2, "up": True, "note": "", "time": 100}
        second = {"host": "A", "usage": -2, "big": 0, "system": 0.5, "up": False, "note": "plain", "time": 200}
        self.assertEqual(rows, [first, second])
        self.assertEqual([list(row) for row in rows], [list(first)] * 2)
        self.assertIs(type(rows[0]["up"]), bool)

    def test_what_a_row_does_not_have_is_not_in_its_dict(self):
        rows = self.rows(
            3,
            column("host", coded([0, 0, 0], "A"), b"\x05"),
            column("none", coded([0, 0, 0]), b"\x00"),
            column("note", types.ColumnValues_Text(text("", "é", "x")), b"\xfe"),
            column("time", time(1, 2, 3)),
        )
        self.assertEqual(rows, [{"host": "A", "time": 1}, {"note": "é", "time": 2}, {"host": "A", "note": "x", "time": 3}])

    def test_many_columns(self):
        for count in (63, 64, 65, 200):
            columns = [column(f"c{i}", i64(i, -i)) for i in range(count)]
            self.assertEqual(self.rows(2, *columns)[1], {f"c{i}": -i for i in range(count)})

    def test_rows_can_be_changed(self):
        rows = self.rows(1, column("time", time(1)))
        rows[0]["more"] = 1
        rows.append({})

    def test_many_rows(self):
        validity = bytes([0b10101010]) * 125
        rows = self.rows(1000, column("x", i64(*range(1000)), validity), column("time", time(*range(1000))))
        self.assertEqual([row["x"] for row in rows if "x" in row], list(range(1, 1000, 2)))
        self.assertEqual([row["time"] for row in rows], list(range(1000)))


class ResultRows(unittest.TestCase):
    def test_null_is_none(self):
        rows = result_rows([column("a", i64(1, 0), b"\x01"), column("b", coded([0, 0]), b"\x00")])
        self.assertEqual(rows, [{"a": 1, "b": None}, {"a": None, "b": None}])

    def test_the_last_of_equal_names_counts(self):
        self.assertEqual(result_rows([column("a", i64(1)), column("a", i64(2))]), [{"a": 2}])

    def test_no_columns(self):
        self.assertEqual(result_rows([]), [])
