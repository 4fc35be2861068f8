import sys
import unittest
import zoneinfo
from datetime import datetime, timedelta

import build
from runner import time_zones


class TimeZones(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        sys.path.append(str(build.packages()))
        before = zoneinfo.TZPATH
        cls.addClassCleanup(zoneinfo.reset_tzpath, to=before)
        cls.addClassCleanup(zoneinfo.ZoneInfo.clear_cache)
        time_zones.install()
        zoneinfo.ZoneInfo.clear_cache()

    def test_zones_come_from_memory(self):
        self.assertEqual(zoneinfo.TZPATH, ())
        berlin = zoneinfo.ZoneInfo("Europe/Berlin")
        self.assertEqual(datetime(2026, 7, 1, tzinfo=berlin).utcoffset(), timedelta(hours=2))
        self.assertEqual(datetime(2026, 1, 1, tzinfo=berlin).utcoffset(), timedelta(hours=1))
        self.assertEqual(datetime(2026, 1, 1, tzinfo=zoneinfo.ZoneInfo("US/Eastern")).tzname(), "EST")

    def test_all_names(self):
        names = zoneinfo.available_timezones()
        self.assertGreater(len(names), 500)
        for name in names:
            zoneinfo.ZoneInfo(name)

    def test_a_wrong_name(self):
        with self.assertRaisesRegex(zoneinfo.ZoneInfoNotFoundError, "No time zone found with key Europe/Bielefeld"):
            zoneinfo.ZoneInfo("Europe/Bielefeld")
        self.assertRaises(ValueError, zoneinfo.ZoneInfo, "../etc/passwd")
