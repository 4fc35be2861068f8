"""schema-validation, natively."""

import json
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from tidegate_testing import Engine

FOLDER = Path(__file__).parents[1]
DAY = FOLDER.parents[1] / "tests" / "data" / "noaa-day.lp"


class SchemaValidation(unittest.TestCase):
    def setUp(self):
        self.engine = Engine(FOLDER / "schema_validation.py")

    def write(self, lines, rule, **arguments):
        self.engine.written(lines, rules=f"[tables.m.columns.v]\n{rule}", **arguments)

    def reason(self, lines, rule):
        """Returns the reason for which the only row is refused, or None."""
        self.setUp()
        self.write(lines, rule)
        (line,) = self.engine.lines
        return line.split('reason="')[1].split('",row=')[0] if line.startswith("dead_letters") else None

    def test_a_valid_row_arrives_as_it_was(self):
        self.write('m,host=a v=1i,u=2u,f=2,b=t,s="x y" 7', 'type = "int"')
        self.assertEqual(self.engine.lines, ['m_valid,host=a v=1i,u=2u,f=2.0,b=t,s="x y" 7'])
        self.assertEqual(self.engine.logged("INFO"), ["m: 1 rows are valid, 0 went to 'dead_letters'"])

    def test_a_bad_row_is_kept_with_the_reason(self):
        self.write("m,host=a v=200 7", "max = 100")
        (line,) = self.engine.lines
        self.assertEqual(
            line,
            'dead_letters,host=a,rejected_by=m reason="v is 200.0, more than 100",'
            'row="{\\"host\\": \\"a\\", \\"v\\": 200.0, \\"time\\": 7}" 7',
        )
        row = json.loads(line.split('row="')[1].split('" 7')[0].replace('\\"', '"'))
        self.assertEqual(row, {"host": "a", "v": 200.0, "time": 7})
        self.assertEqual(self.engine.logged("WARN"), ["m: 0 rows are valid, 1 went to 'dead_letters'"])

    def test_types_are_guessed_if_the_database_has_no_such_table(self):
        self.engine.tables = mock.MagicMock()
        self.engine.tables.get.return_value = {}
        self.write("m,host=a v=1i,f=2,b=t 7", "")
        self.assertEqual(self.engine.lines, ["m_valid,host=a v=1i,f=2.0,b=t 7"])

    def test_limits_are_within(self):
        for value, reason in (
            (9.9, "v is 9.9, less than 10"),
            (10, None),
            (20, None),
            (20.1, "v is 20.1, more than 20"),
        ):
            self.assertEqual(self.reason(f"m v={value} 1", "min = 10\nmax = 20"), reason)

    def test_each_rule_has_its_reason(self):
        cases = [
            ("m o=1 1", "required = true", "v is missing"),
            ("m o=1 1", "max = 1", None),
            ("m v=1i 1", 'type = "float"', "v is 1, not float"),
            ("m v=1i 1", 'type = "number"', None),
            ("m v=t 1", 'type = "number"', "v is True, not number"),
            ("m v=t 1", 'type = "int"', "v is True, not int"),
            ("m v=t 1", 'type = "bool"', None),
            ('m v="7" 1', "min = 5", "v is '7', not a number"),
            ("m,v=a o=1 1", 'values = ["a", "b"]', None),
            ("m,v=c o=1 1", 'values = ["a", "b"]', "v is 'c', not one of ['a', 'b']"),
            ("m,v=a7 o=1 1", 'pattern = "[a-z][0-9]"', None),
            ("m,v=a77 o=1 1", 'pattern = "[a-z][0-9]"', "v is 'a77', not like [a-z][0-9]"),
        ]
        for lines, rule, reason in cases:
            self.assertEqual(self.reason(lines, rule), reason, (lines, rule))

    def test_all_reasons_are_told(self):
        rules = "[tables.m]\nextra_columns = false\n[tables.m.columns]\nv = {max = 1}\nu = {required = true}"
        self.engine.written("m v=5,w=1,x=1 1", rules=rules)
        reasons = "v is 5.0, more than 1; u is missing; w is not in the schema; x is not in the schema"
        self.assertIn(f'reason="{reasons}"', self.engine.lines[0])

    def test_targets_can_be_named(self):
        rules = '[tables.m]\ntarget="good"\n[tables.m.columns.v]\nmax=1'
        self.engine.written("m v=0 1\nm v=2 2", rules=rules, dead_letters="bad")
        self.assertEqual([line.split()[0].split(",")[0] for line in self.engine.lines], ["good", "bad"])

    def test_tables_without_rules_are_left_alone(self):
        self.write("other v=1 1", "max = 0")
        self.assertEqual((self.engine.lines, self.engine.log), ([], []))

    def test_a_real_day_against_the_rules_in_the_file(self):
        for variable in ("PLUGIN_DIR", "INFLUXDB3_PLUGIN_DIR"):
            with mock.patch.dict(os.environ, {variable: str(FOLDER)}):
                self.setUp()
                lines = DAY.read_text() + "temperature,city=oakland fahrenheit=212 1\ntemperature fahrenheit=50 2\n"
                self.engine.written(lines, config_file_path="rules.toml")
                valid = [line for line in self.engine.lines if line.startswith("temperature_valid,city=")]
                self.assertEqual((len(valid), len(self.engine.lines)), (48, 50))
                self.assertIn("reason=\"city is 'oakland', not one of", self.engine.lines[48])
                self.assertIn('reason="city is missing"', self.engine.lines[49])

    def test_a_file_that_is_changed_counts_from_the_next_run_on(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, {"PLUGIN_DIR": folder}):
            for limit in (0, 2):
                Path(folder, "r.toml").write_text(f"[tables.m.columns.v]\nmax = {limit}")
                self.engine.written("m v=1 1", config_file_path="r.toml")
            with self.assertRaisesRegex(FileNotFoundError, "missing.toml"):
                self.engine.written("m v=1 1", config_file_path="missing.toml")
        self.assertEqual([line.split(",")[0].split()[0] for line in self.engine.lines], ["dead_letters", "m_valid"])

    def test_wrong_rules_are_named(self):
        column = "[tables.m.columns.v]\n"
        takes = "it takes max, min, pattern, required, type, values"
        cases = [
            ("", "there are no rules; add config_file_path=rules.toml or rules=... to the trigger's arguments"),
            ("[tables", "argument 'rules' is not TOML: "),
            ("[table.m]", "the rules name no table; add [tables.NAME.columns.NAME]"),
            ("[tables.m]", "tables.m needs columns, and takes columns, extra_columns, target only"),
            (f"{column}maximum = 1", f"tables.m.columns.v has maximum; {takes}"),
            (f'{column}type = "double"', "tables.m.columns.v.type is 'double'; use one of text, int, float, bool, number"),
            (f'{column}min = "1"', "tables.m.columns.v.min and max must be numbers"),
            (f'{column}pattern = "("', "tables.m.columns.v.pattern: missing )"),
            ('[tables.m]\ntarget = "m"\ncolumns.v.max = 1',
             "rows of 'm' would come back; write them to tables without rules"),
        ]  # fmt: skip
        for rules, message in cases:
            with self.assertRaises(ValueError) as caught:
                self.engine.written("m v=1 1", rules=rules)
            self.assertTrue(str(caught.exception).startswith(message), caught.exception)
        self.assertEqual(self.engine.lines, [])


if __name__ == "__main__":
    unittest.main()
