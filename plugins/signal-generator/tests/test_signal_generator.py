"""signal-generator, natively."""

import unittest
from datetime import datetime, timedelta
from pathlib import Path

from tidegate_testing import Engine

PLUGIN = Path(__file__).parents[1] / "signal_generator.py"
START = datetime(2026, 1, 1)


class SignalGenerator(unittest.TestCase):
    def run_once(self, signals, span="4s", step="1s", call_time=START, **more):
        self.engine = Engine(PLUGIN)
        self.engine.scheduled(call_time, signals=signals, span=span, step=step, **more)
        return [float(line.split("value=")[1].split()[0]) for line in self.engine.lines]

    def test_a_point_says_its_signal_and_time(self):
        self.run_once("door=square/2s", span="2s", target="test")
        # The two seconds before 2026-01-01T00:00:00Z.
        self.assertEqual(
            self.engine.lines,
            ["test,signal=door value=1.0 1767225598000000000", "test,signal=door value=-1.0 1767225599000000000"],
        )

    def test_shapes_through_their_period(self):
        for signal, expected in (
            ("a=sine/4s", [0, 1, 0, -1]),
            ("a=sine/4s/10/20", [20, 30, 20, 10]),
            ("a=square/4s", [1, 1, -1, -1]),
            ("a=sawtooth/4s", [-1, -0.5, 0, 0.5]),
            ("a=sawtooth/4s/-2", [2, 1, 0, -1]),
        ):
            for found, wanted in zip(self.run_once(signal), expected, strict=True):
                self.assertAlmostEqual(found, wanted, msg=signal)

    def test_noise_depends_on_seed_name_and_time_only(self):
        noise = self.run_once("a=noise/1s/5/100", span="1h")
        self.assertEqual(noise, self.run_once("a=noise/1s/5/100", span="1h"))
        self.assertNotEqual(noise, self.run_once("a=noise/1s/5/100", span="1h", seed="1"))
        self.assertNotEqual(noise, self.run_once("b=noise/1s/5/100", span="1h"))
        self.assertTrue(95 <= min(noise) < 95.1 and 104.9 < max(noise) <= 105, (min(noise), max(noise)))
        self.assertAlmostEqual(sum(noise) / len(noise), 100, delta=0.2)

    def test_noise_holds_for_its_period(self):
        self.assertEqual(len(set(self.run_once("a=noise/2s"))), 2)

    def test_calls_join_without_gaps_or_overlaps(self):
        whole = self.run_once("a=noise/1s b=sine/1m", span="20s", step="3s")
        lines = sorted(self.engine.lines)
        parts = []
        for late in (10, 0):
            self.run_once("a=noise/1s b=sine/1m", span="10s", step="3s", call_time=START - timedelta(seconds=late))
            parts += self.engine.lines
        self.assertEqual(sorted(parts), lines)
        self.assertEqual(len(lines), len(whole))

    def test_without_a_step_a_call_writes_one_point_a_signal(self):
        engine = Engine(PLUGIN)
        engine.scheduled(START, signals="a=sine/1h b=square/1h", span="10s")
        self.assertEqual([line.split()[-1] for line in engine.lines], ["1767225590000000000"] * 2)

    def test_wrong_arguments_are_named(self):
        form = "write name=shape/period/amplitude/offset, where shape is sine, square, sawtooth, noise"
        cases = [
            ({}, "argument 'signals' is missing; add for example signals=temperature=sine/1h/5/20"),
            ({"signals": "sine/1h"}, f"argument 'signals' has 'sine/1h'; {form}"),
            ({"signals": "a=cosine/1h"}, f"argument 'signals' has 'a=cosine/1h'; {form}"),
            ({"signals": "a=sine"}, f"argument 'signals' has 'a=sine'; {form}"),
            ({"signals": "a=sine/0s"},
             "argument 'signals' has '0s' for a time; use a number and s, m, h or d, such as 10s"),
            ({"signals": "a=sine/1h/big"}, "argument 'signals' has 'big' where a number should be"),
            ({"signals": "a=sine/1h/inf"}, "argument 'signals' has 'inf' where a number should be"),
            ({"signals": "a=sine/1h a=noise/1h"}, "argument 'signals' has the same name twice"),
            ({"signals": "a=sine/1h"},
             "argument 'span' has '' for a time; use a number and s, m, h or d, such as 10s"),
            ({"signals": "a=sine/1h", "span": "10s", "step": "11s"},
             "argument 'step' must not be longer than 'span', which is 10s"),
            ({"signals": "a=sine/1h", "span": "1d", "step": "1s"},
             "arguments make 86400 points a call; 10000 are the most, so use a longer step"),
        ]  # fmt: skip
        for arguments, message in cases:
            engine = Engine(PLUGIN)
            with self.assertRaises(ValueError) as caught:
                engine.scheduled(START, **arguments)
            self.assertEqual((str(caught.exception), engine.lines), (message, []))


if __name__ == "__main__":
    unittest.main()
