import importlib
import io
import sys
import unittest
import warnings

from tests.targets import TargetCase
from wit_world.imports import http

import requests  # isort: skip - found by `targets`
import urllib3


class Requests(TargetCase):
    def test_get_with_parameters_and_headers(self):
        response = requests.get(f"{self.url}/a b", params={"q": ["1", "ä"]}, headers={"X-Key": "k"}, timeout=5)
        seen = response.json()
        self.assertEqual((response.status_code, response.reason, response.ok), (200, "OK", True))
        self.assertEqual((seen["method"], seen["path"]), ("GET", "/a%20b?q=1&q=%C3%A4"))
        self.assertIn(["x-key", "k"], seen["headers"])
        self.assertEqual([name for name, _ in seen["headers"]].count("host"), 1)
        self.assertEqual(http.sent[0].timeout, 5_000_000_000)

    def test_the_read_timeout_counts_and_none_is_the_host_s_own(self):
        requests.get(self.url, timeout=(1, 7))
        requests.get(self.url)
        self.assertEqual([request.timeout for request in http.sent], [7_000_000_000, None])

    def test_bodies(self):
        self.assertEqual(requests.post(self.url, json={"a": 1}).json()["body"], '{"a": 1}')
        self.assertEqual(requests.put(self.url, data={"a": "1 2"}).json()["body"], "a=1+2")
        self.assertEqual(requests.post(self.url, data=b"\x00\r\n\r\n\xff").json()["body"], "\x00\r\n\r\n\xff")
        self.assertEqual(requests.post(self.url, data=iter([b"in ", b"0\r\n\r\n", b"chunks"])).json()["body"], "in 0\r\n\r\nchunks")
        self.assertEqual(requests.post(self.url, data=io.BytesIO(b"file")).json()["body"], "file")
        files = requests.post(self.url, files={"f": ("name.txt", b"content")}).json()["body"]
        self.assertIn('filename="name.txt"', files)
        self.assertIn("content", files)

    def test_basic_authentication(self):
        seen = requests.get(self.url, auth=("user", "word")).json()
        self.assertIn(["authorization", "Basic dXNlcjp3b3Jk"], seen["headers"])

    def test_redirects_are_followed_one_request_each(self):
        response = requests.get(f"{self.url}/redirect")
        self.assertEqual((response.status_code, response.json()["path"]), (200, "/moved?x=1"))
        self.assertEqual([step.status_code for step in response.history], [302])
        self.assertEqual(len(http.sent), 2)
        self.assertEqual(requests.get(f"{self.url}/redirect", allow_redirects=False).status_code, 302)

    def test_errors_of_the_other_side(self):
        response = requests.get(f"{self.url}/missing")
        self.assertEqual((response.status_code, response.text), (404, "no such thing"))
        self.assertRaisesRegex(requests.HTTPError, "404 Client Error: Not Found", response.raise_for_status)

    def test_encodings(self):
        self.assertEqual(requests.get(f"{self.url}/gzip").text, "squeezed")
        self.assertEqual(requests.get(f"{self.url}/chunked").text, "12345678901")
        self.assertEqual(requests.get(f"{self.url}/empty").content, b"")

    def test_streaming(self):
        with requests.get(f"{self.url}/chunked", stream=True) as response:
            self.assertEqual(list(response.iter_content(4)), [b"1234", b"5678", b"901"])

    def test_head_keeps_the_length_and_has_no_body(self):
        response = requests.head(f"{self.url}/missing")
        self.assertEqual((response.headers["content-length"], response.content), ("13", b""))

    def test_a_session_keeps_cookies_and_goes_on(self):
        with requests.Session() as session:
            session.get(f"{self.url}/cookie")
            seen = session.get(self.url).json()
        self.assertIn(["cookie", "a=1; b=2"], seen["headers"])

    def test_no_answer_in_time_is_a_timeout(self):
        with self.assertRaises(requests.exceptions.ReadTimeout):
            requests.get(f"{self.url}/slow", timeout=0.05)

    def test_what_the_host_refuses_is_a_connection_error_with_its_text(self):
        refusals = [http.HttpError_Denied, http.HttpError_Unreachable, http.HttpError_TooLarge, http.HttpError_Invalid]
        for refusal in refusals:
            http.refusal = refusal("because of `x`")
            with self.assertRaisesRegex(requests.ConnectionError, "because of `x`"):
                requests.post(self.url, data=b"x")

    def test_certificates_are_verified_whatever_is_asked(self):
        http.answer = http.Response(200, [], b"secret")
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            response = requests.get("https://example.com/x", verify=False)
        self.assertEqual((response.text, http.sent[0].url), ("secret", "https://example.com/x"))
        self.assertEqual([str(w.message)[:35] for w in warned], ["certificates are always verified in"])
        with self.assertRaisesRegex(OSError, "client certificates cannot be used"):
            requests.get("https://example.com", cert="client.pem")

    def test_proxies_are_refused(self):
        with self.assertRaisesRegex(requests.ConnectionError, "proxies cannot be used"):
            requests.get(self.url, proxies={"http": "http://proxy.example:3128"})

    def test_a_plugin_may_bring_its_own(self):
        tops = ("requests", "urllib3")
        kept = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in tops}
        self.addCleanup(sys.modules.update, kept)
        for name in kept:
            del sys.modules[name]
        other = importlib.import_module("requests")
        self.assertIsNot(other, requests)
        self.assertEqual(other.get(f"{self.url}/redirect").json()["path"], "/moved?x=1")
        self.assertEqual(len(http.sent), 2)

    def test_pools(self):
        pool = urllib3.PoolManager()
        response = pool.request("GET", f"{self.url}/redirect", fields={"a": "b"})
        self.assertEqual((response.status, response.json()["path"]), (200, "/moved?x=1"))
        self.assertEqual(pool.request("POST", self.url, json={"a": 1}).json()["body"], '{"a":1}')
        http.refusal = http.HttpError_TimedOut()
        with self.assertRaises(urllib3.exceptions.MaxRetryError) as caught:
            pool.request("GET", self.url, timeout=1, retries=1)
        self.assertIsInstance(caught.exception.reason, urllib3.exceptions.ReadTimeoutError)


if __name__ == "__main__":
    unittest.main()
