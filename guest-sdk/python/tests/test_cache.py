import pickle

import tidegate
from runner.cbor_encoding import encode
from runner.local import LOCAL
from tests.running import RunCase
from wit_world.imports import cache as host

CACHE = LOCAL.cache


class Entries(RunCase):
    def encoding(self, key, use_global=False):
        return host.entries[host.Scope.GLOBAL if use_global else host.Scope.TRIGGER, key].encoding

    def test_values_come_back(self):
        CACHE.put("a", {"x": {1, 2}, "y": range(3)})
        self.assertEqual(CACHE.get("a"), {"x": {1, 2}, "y": range(3)})
        CACHE.put("b", (1, "two"), None, True)
        self.assertEqual(CACHE.get("b", use_global=True), (1, "two"))
        self.assertIsNone(CACHE.get("b"))

    def test_encodings(self):
        for key, value in (("i", 1), ("t", True), ("s", "x")):
            CACHE.put(key, value)
            CACHE.put(key, value, use_global=True)
            self.assertEqual(self.encoding(key, use_global=True), host.Encoding.CBOR)
        encodings = [self.encoding(key) for key in "its"]
        self.assertEqual(encodings, [host.Encoding.CBOR, host.Encoding.PICKLE, host.Encoding.PICKLE])

    def test_defaults(self):
        self.assertIsNone(CACHE.get("no"))
        self.assertEqual(CACHE.get("no", 5), 5)
        CACHE.put("none", None)
        self.assertIsNone(CACHE.get("none", 5))
        self.assertEqual((CACHE.delete("none"), CACHE.delete("none")), (True, False))

    def test_values_that_cannot_be_shared_are_named(self):
        with self.assertRaisesRegex(TypeError, "^a value of type 'range' cannot be shared"):
            CACHE.put("a", range(3), use_global=True)

    def test_a_pickle_of_someone_else_is_not_read(self):
        host.entries[host.Scope.GLOBAL, "a"] = host.Entry(host.Encoding.PICKLE, pickle.dumps(1))
        self.assertRaisesRegex(ValueError, "not read from the global cache", CACHE.get, "a", use_global=True)

    def test_classes_of_a_plugin(self):
        self.schedule(
            "class Meter:\n    def __init__(self, n): self.n = n\n"
            "def process_scheduled_call(local, call_time, args):\n"
            "    local.cache.put('m', [Meter(5)])\n    local.info(local.cache.get('m')[0].n)\n"
        )
        self.assertEqual(self.logged(), [("INFO", "5")])

    def test_a_full_cache(self):
        self.assertRaisesRegex(tidegate.CacheFull, "^the value is too large$", CACHE.put, "a", "x" * 2000)


class TimeToLive(RunCase):
    def test_seconds_of_any_kind(self):
        for ttl, expected in ((3600, 3600 * 10**9), (0.5, 5 * 10**8), (0, 0), (None, None), (1e19, 2**64 - 1)):
            CACHE.put("a", 1, ttl)
            self.assertEqual(host.ttls["a"], expected)

    def test_refusals(self):
        start = "^cannot convert float seconds to Duration: value is"
        self.assertRaisesRegex(ValueError, f"{start} negative$", CACHE.put, "a", 1, -1)
        for ttl in (float("nan"), float("inf"), 1e20):
            self.assertRaisesRegex(ValueError, f"{start} either too big or NaN$", CACHE.put, "a", 1, ttl)
        self.assertRaises(TypeError, CACHE.put, "a", 1, "5")
        self.assertRaises(TypeError, CACHE.put, 1, 1)


class AtOnce(RunCase):
    def test_increment(self):
        self.assertEqual(tidegate.increment("n", 3), 3)
        self.assertRaises(TypeError, tidegate.increment, "n", 1.5)
        self.assertRaises(OverflowError, tidegate.increment, "n", 2**63)

    def test_compare_and_swap(self):
        self.assertTrue(tidegate.compare_and_swap("a", None, [1]))
        self.assertFalse(tidegate.compare_and_swap("a", None, [2]))
        self.assertFalse(tidegate.compare_and_swap("a", [2], [3]))
        self.assertTrue(tidegate.compare_and_swap("a", [1], None))
        self.assertFalse(tidegate.compare_and_swap("a", [1], [2]))

    def test_values_are_compared_not_their_bytes(self):
        host.entries[host.Scope.TRIGGER, "a"] = host.Entry(host.Encoding.CBOR, encode("x"))
        self.assertTrue(tidegate.compare_and_swap("a", "x", "y"))
        self.assertEqual(CACHE.get("a"), "y")
