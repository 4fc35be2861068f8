"""unit-conversion, natively, with the package itself."""

import unittest
from importlib.util import find_spec
from pathlib import Path

from tidegate_testing import Engine

PLUGIN = Path(__file__).parents[1] / "unit_conversion.py"
DAY = Path(__file__).parents[3] / "tests" / "data" / "noaa-day.lp"


@unittest.skipUnless(find_spec("pint"), "pint is not installed: pip install -r requirements.txt")
class UnitConversion(unittest.TestCase):
    def setUp(self):
        self.engine = Engine(PLUGIN)

    def converted(self, lines, **arguments):
        """Returns the fields of the lines written."""
        self.engine.written(lines, **arguments)
        fields = [line.split()[1].split(",") for line in self.engine.lines]
        return [{name: float(value) for name, value in (field.split("=") for field in row)} for row in fields]

    def test_fields_are_converted_and_tags_kept(self):
        self.engine.written("car,plate=x speed=100,fuel=3i 7", conversions="speed:km/h->m/s fuel:gallon->liter=litres")
        self.assertEqual(len(self.engine.lines), 1)
        self.assertRegex(self.engine.lines[0], r"^car_converted,plate=x speed=27\.7{5,}\d*,litres=11\.356\d+ 7$")

    def test_points_where_the_answer_is_known(self):
        for value, conversion, wanted in ((32, "degF->degC", 0), (-40, "degF->degC", -40), (212, "degF->degC", 100),
                                          (0, "degC->kelvin", 273.15), (1, "atm->hPa", 1013.25), (1, "mi->km", 1.609344)):  # fmt: skip
            self.setUp()
            (row,) = self.converted(f"m v={value} 1", conversions=f"v:{conversion}")
            self.assertAlmostEqual(row["v"], wanted, msg=conversion)

    def test_a_real_day_in_celsius(self):
        rows = self.converted(DAY.read_text(), conversions="fahrenheit:degF->degC=celsius", target="metric")
        sources = [float(line.split("=")[2].split()[0]) for line in DAY.read_text().splitlines()]
        self.assertEqual(len(rows), 48)
        for row, fahrenheit in zip(rows, sources):
            self.assertAlmostEqual(row["celsius"], (fahrenheit - 32) * 5 / 9)
        self.assertTrue(all(line.startswith("metric,city=") for line in self.engine.lines))
        self.assertEqual(self.engine.logged("INFO"), ["wrote 48 of 48 rows of 'temperature' to 'metric'"])

    def test_missing_fields_are_left_out(self):
        rows = self.converted("m a=1 1\nm b=1 2\nm c=1 3", conversions="a:m->km b:m->km")
        self.assertEqual(rows, [{"a": 0.001}, {"b": 0.001}])

    def test_what_is_not_a_number_is_said_and_left_out(self):
        self.assertEqual(self.converted('m a="x",b=1 1\nm a="y" 2', conversions="a:m->km b:m->km"), [{"b": 0.001}])
        self.assertEqual(self.engine.logged("WARN"), ["m: a cannot be converted, such as 'y'"])

    def test_what_it_has_written_is_not_converted_again(self):
        self.assertEqual(self.converted("m_converted a=1 1", conversions="a:m->km"), [])
        self.assertEqual(self.converted("metric a=1 1", conversions="a:m->km", target="metric"), [])

    def test_wrong_arguments_are_named(self):
        form = "write field:unit->unit, such as temperature:degF->degC"
        cases = [
            ({}, "argument 'conversions' is missing; add for example conversions=temperature:degF->degC"),
            ({"conversions": "a:m"}, f"argument 'conversions' has 'a:m'; {form}"),
            ({"conversions": "m->km"}, f"argument 'conversions' has 'm->km'; {form}"),
            ({"conversions": "a:m->furlongs_per_beer"},
             "argument 'conversions' has 'a:m->furlongs_per_beer': 'furlongs_per_beer' is not defined in the unit registry"),
            ({"conversions": "a:m->second"},
             "argument 'conversions' has 'a:m->second': Cannot convert from 'meter' ([length]) to 'second' ([time])"),
            ({"conversions": "a:m->km a:m->mi"},
             "argument 'conversions' makes 'a' twice; rename one, such as field:m->km=a_km"),
        ]  # fmt: skip
        for arguments, message in cases:
            with self.assertRaises(ValueError) as caught:
                self.engine.written("m a=1 1", **arguments)
            self.assertEqual(str(caught.exception), message)
        self.assertEqual(self.engine.lines, [])


if __name__ == "__main__":
    unittest.main()
