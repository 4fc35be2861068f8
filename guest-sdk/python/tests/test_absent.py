import importlib.util
import subprocess
import sys
import time
import unittest
from pathlib import Path

from runner.absent import modules
from runner.absent.threads import Lock


class Modules(unittest.TestCase):
    def setUp(self):
        modules.install()
        self.addCleanup(sys.meta_path.remove, modules.LastFinder)

    def test_an_import_says_what_there_is(self):
        with self.assertRaisesRegex(ModuleNotFoundError, "^No module named 'nowhere'$") as caught:
            import nowhere.at_all  # noqa: F401
        self.assertEqual(caught.exception.name, "nowhere")
        self.assertRegex(caught.exception.__notes__[0], "influxdata_plugin_utils.*tidegate package")
        with self.assertRaises(ModuleNotFoundError) as caught:
            import winreg  # noqa: F401
        self.assertRegex(caught.exception.__notes__[0], "part of the standard library")

    def test_others_may_ask_what_there_is(self):
        self.assertIsNone(importlib.util.find_spec("nowhere"))
        with self.assertRaisesRegex(ModuleNotFoundError, "^No module named 'json.nothing'$"):
            import json.nothing  # noqa: F401


class Locks(unittest.TestCase):
    def test_a_lock_knows_that_nobody_will_free_it(self):
        lock = Lock()
        with lock:
            self.assertTrue(lock.locked())
            self.assertFalse(lock.acquire(blocking=False))
            started = time.monotonic()
            self.assertFalse(lock.acquire(timeout=0.02))
            self.assertGreaterEqual(time.monotonic() - started, 0.02)
            self.assertRaisesRegex(RuntimeError, "deadlock", lock.acquire)
        self.assertFalse(lock.locked())
        self.assertRaises(RuntimeError, lock.release)
        self.assertRaises(ValueError, lock.acquire, False, 1)


class Tls(unittest.TestCase):
    def test_ssl_is_whole_but_for_tls(self):
        # In a process of its own: it takes the place of the one in use here.
        code = """
import sys; sys.modules.pop("ssl", None)
from runner.absent import tls, tls_core
if sys.version_info < (3, 12): tls_core.RAND_pseudo_bytes = tls_core.RAND_bytes
tls.install()
import ssl
context = ssl.create_default_context(cafile="/nowhere")
assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
try: context.verify_mode = ssl.CERT_NONE
except ValueError: pass
else: raise AssertionError
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
context.minimum_version = ssl.TLSVersion.TLSv1_3
context.options |= ssl.OP_NO_TICKET
context.set_alpn_protocols(["http/1.1"])
assert (context.verify_mode, context.minimum_version) == (ssl.VerifyMode.CERT_NONE, ssl.TLSVersion.TLSv1_3)
assert context.options & ssl.Options.OP_NO_TICKET
assert ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).verify_mode == ssl.CERT_NONE
calls = [lambda: context.wrap_socket(None), lambda: context.wrap_bio(None, None), ssl.MemoryBIO, ssl.SSLSocket,
         lambda: ssl.get_server_certificate(("x", 1)), lambda: context.load_cert_chain("x")]
for call in calls:
    try: call()
    except ssl.SSLError as error: assert "TLS is done by the host" in str(error), error
    else: raise AssertionError(call)
assert issubclass(ssl.SSLCertVerificationError, (ssl.SSLError, ValueError)) and len(ssl.RAND_bytes(8)) == 8
"""
        folder = Path(__file__).resolve().parents[1]
        done = subprocess.run([sys.executable, "-B", "-c", code], cwd=folder, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
