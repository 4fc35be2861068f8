import asyncio
import time
import unittest

from runner.event_loop import EventLoop


def run(main):
    with asyncio.Runner(loop_factory=EventLoop) as runner:
        return runner.run(main)


class Asyncio(unittest.TestCase):
    def test_tasks_run_side_by_side(self):
        async def main():
            return await asyncio.gather(asyncio.sleep(0.05, "a"), asyncio.sleep(0.05, "b"), asyncio.sleep(0, "c"))

        started, worked = time.monotonic(), time.thread_time()
        self.assertEqual(run(main()), ["a", "b", "c"])
        self.assertGreater(time.monotonic() - started, 0.04)
        self.assertLess(time.thread_time() - worked, 0.03, "it sleeps while it waits")

    def test_timeouts(self):
        async def main():
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await asyncio.Event().wait()
            with self.assertRaises(TimeoutError):
                await asyncio.wait_for(asyncio.sleep(9), 0.01)
            return "on time"

        self.assertEqual(run(main()), "on time")

    def test_queues_and_groups(self):
        async def main():
            queue = asyncio.Queue(maxsize=1)

            async def produce():
                for number in range(3):
                    await queue.put(number)
                await queue.put(None)

            async def consume():
                return [number async for number in _until_none(queue)]

            async with asyncio.TaskGroup() as group:
                group.create_task(produce())
                consumed = group.create_task(consume())
            return consumed.result()

        self.assertEqual(run(main()), [0, 1, 2])

    def test_a_failing_task_ends_its_group(self):
        async def fail():
            raise KeyError("x")

        async def main():
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.sleep(9))
                group.create_task(fail())

        with self.assertRaises(ExceptionGroup) as caught:
            run(main())
        self.assertIsInstance(caught.exception.exceptions[0], KeyError)

    def test_waiting_for_nothing_is_a_deadlock(self):
        async def main():
            await asyncio.Queue().get()

        with self.assertRaisesRegex(RuntimeError, "^deadlock: every task waits"):
            run(main())

    def test_what_needs_a_network_threads_or_processes(self):
        for call, kind, text in (
            (lambda: asyncio.open_connection("example.com", 80), OSError, "no network: .*requests"),
            (lambda: asyncio.start_server(print, "", 80), OSError, "no network"),
            (lambda: asyncio.to_thread(print), RuntimeError, "no threads"),
            (lambda: asyncio.create_subprocess_exec("ls"), OSError, "no processes"),
        ):
            with self.assertRaisesRegex(kind, text):
                run(call())


async def _until_none(queue):
    while (number := await queue.get()) is not None:
        yield number
