import math
import random
import unittest
from collections import OrderedDict, deque
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from runner.cbor import CborError
from runner.cbor_decoding import decode
from runner.cbor_encoding import encode

VALUES = [
    None, True, False, 0, 23, 24, 255, 256, 65535, 65536, 2**32, 2**64 - 1, 2**64, 10**5000, -1, -24, -25, -(2**64),
    -(2**64) - 1, 0.0, -0.0, 1.5, math.inf, -math.inf, "", "é\n", "x" * 300, b"", b"\xff" * 70000, [], [1, [2, []]],
    (), (1, ("a",)), set(), {1, "a", (2, 3)}, {}, {"a": [1], 2: {}, (1, 2): None}, deque([1, 2], 5), deque(),
    datetime(2025, 1, 2, 3, 4, 5, 6), datetime(2025, 1, 2, tzinfo=timezone.utc), date(1, 1, 1),
    datetime(2025, 1, 2, tzinfo=timezone(timedelta(hours=-9, minutes=-30))), timedelta(-1, 5, 7), timedelta.max,
    timedelta.min, Decimal("1.50"), Decimal("-0"), Decimal("1E+9"), Decimal("Infinity"), Decimal("-12.345"),
]  # fmt: skip


class RoundTrips(unittest.TestCase):
    def test_values_come_back_as_what_they_were(self):
        for value in VALUES:
            back = decode(encode(value))
            self.assertEqual((type(back), repr(back) if value != 10**5000 else back),
                             (type(value), repr(value) if value != 10**5000 else value))  # fmt: skip

    def test_not_a_number(self):
        self.assertTrue(math.isnan(decode(encode(math.nan))))
        self.assertTrue(decode(encode(Decimal("NaN"))).is_nan())

    def test_offsets_of_seconds_become_utc(self):
        odd = datetime(2025, 1, 2, tzinfo=timezone(timedelta(seconds=90)))
        self.assertEqual(decode(encode(odd)), odd)

    def test_equal_sets_are_equal_bytes(self):
        self.assertEqual(encode({"a", "b", "c", 1}), encode({1, "c", "b", "a"}))


class Standard(unittest.TestCase):
    """Examples of RFC 8949, appendix A, RFC 8943 and RFC 9581."""

    def test_examples(self):
        examples = {
            "1903e8": 1000, "3bffffffffffffffff": -(2**64), "c249010000000000000000": 2**64, "f90001": 5.960464477539063e-08,
            "fa47c35000": 100000.0, "fb3ff199999999999a": 1.1, "f6": None, "62c3bc": "ü", "83010203": [1, 2, 3],
            "a26161016162820203": {"a": 1, "b": [2, 3]}, "c48221196ab3": Decimal("273.15"),
            "c074323031332d30332d32315432303a30343a30305a": datetime(2013, 3, 21, 20, 4, tzinfo=timezone.utc),
            "d903ec6a313934302d31302d3039": date(1940, 10, 9), "d9010283010203": {1, 2, 3},
            "d903eaa1011818": timedelta(seconds=24),
        }  # fmt: skip
        for data, value in examples.items():
            self.assertEqual(decode(bytes.fromhex(data)), value)

    def test_numbers_are_as_short_as_can_be(self):
        self.assertEqual([encode(n).hex() for n in (10, 24, 1000, -1, -1000)], ["0a", "1818", "1903e8", "20", "3903e7"])


class Refusals(unittest.TestCase):
    def test_types_are_named(self):
        for value in (object(), frozenset(), OrderedDict(), 1j, type("Thing", (), {})(), [{"a": bytearray()}]):
            with self.assertRaisesRegex(TypeError, r"^a value of type '\w+' cannot be shared between triggers"):
                encode(value)

    def test_depth(self):
        circle = []
        circle.append(circle)
        self.assertRaises(CborError, encode, circle)
        for bomb in (b"\x81" * 100_000, b"\xd9\x01\x02" * 100_000, b"\xa1\x00" * 100_000):
            self.assertRaises(CborError, decode, bomb + b"\x00")

    def test_malformed(self):
        bad = [
            "", "18", "1c", "5f40ff", "9fff", "bfff", "ff", "f7", "f0", "f818", "62c3", "61ff", "8201", "9bffffffffffffffff",
            "bbffffffffffffffff", "5bffffffffffffffff", "a2000000" + "00", "a18000", "0000", "c000", "c06130", "c401",
            "c48101", "c482f600", "c4821b7fffffffffffffff01", "c20a", "d9010201", "d901028180", "d903eaa10300", "d903ea80",
            "d81b8100", "d81b80", "d81b8164736574", "d81b81657475706c65", "d81b82657475706c6500", "d81b8365646571756580f5",
            "d81b836564657175658020", "d9ffff00", "d903ec6130", "d81b8280" + "00", "d903eaa1011bffffffffffffffff",
        ]  # fmt: skip
        for data in bad:
            with self.subTest(data):
                self.assertRaises(CborError, decode, bytes.fromhex(data))

    def test_any_bytes_give_a_value_or_a_cbor_error(self):
        chance = random.Random(1)
        for _ in range(20_000):
            data = bytearray(encode(chance.choice(VALUES[30:])))
            data[chance.randrange(len(data))] = chance.randrange(256)
            try:
                decode(bytes(data))
            except CborError:
                pass
