import marshal
import unittest
import warnings
from importlib.util import MAGIC_NUMBER, cache_from_source

from runner.compilation import Rejected, compiled, compiled_packages
from wit_world.exports.source import Diagnostic, EntryPoints, File


def of(files):
    return compiled(sources(files), [])


def sources(files):
    return [File(path, content.encode("latin-1")) for path, content in files.items()]


class EntryPointsFound(unittest.TestCase):
    def found(self, source):
        return of({"hello.py": source}).entry_points

    def test_functions(self):
        source = "def process_writes(a, b, c): pass\ndef process_request(a, b, c, d, e): pass\n"
        self.assertEqual(self.found(source), EntryPoints.ON_WRITE | EntryPoints.ON_REQUEST)

    def test_other_bindings(self):
        self.assertEqual(self.found("from x import f as process_scheduled_call\n"), EntryPoints.ON_SCHEDULE)
        self.assertEqual(self.found("if 1 < x:\n    process_writes = print\n"), EntryPoints.ON_WRITE)
        every = EntryPoints.ON_WRITE | EntryPoints.ON_SCHEDULE | EntryPoints.ON_REQUEST
        self.assertEqual(self.found("from x import *\n"), every)

    def test_what_binds_nothing(self):
        self.assertEqual(self.found("class A:\n    def process_writes(self): pass\nprocess_request\n"), EntryPoints(0))

    def test_nothing_is_run(self):
        self.found("raise SystemExit\n")


class Diagnostics(unittest.TestCase):
    def rejected(self, files):
        with self.assertRaises(Rejected) as caught:
            of(files)
        return caught.exception.diagnostics

    def test_syntax_errors_of_all_files(self):
        found = self.rejected({"p/__init__.py": "x = 1\ndef f(:\n", "p/a.py": " x = 1\n", "p/b.py": "return\n"})
        self.assertEqual(found, [
            Diagnostic("p/__init__.py", 2, 7, "SyntaxError: invalid syntax"),
            Diagnostic("p/a.py", 1, 1, "IndentationError: unexpected indent"),
            Diagnostic("p/b.py", 1, 1, "SyntaxError: 'return' outside function"),
        ])

    def test_an_entry_point_that_nobody_would_await(self):
        source = "import asyncio\n\nasync def process_writes(a, b, c): pass\nasync def helper(): pass\n"
        (found,) = self.rejected({"hello.py": source})
        self.assertEqual((found.file, found.line), ("hello.py", 3))
        self.assertIn("process_writes must be a plain function", found.message)

    def test_null_bytes(self):
        self.assertEqual(
            self.rejected({"a.py": "x = 1\n\0"}), [Diagnostic("a.py", 2, 0, "plugin code contains null bytes")]
        )

    def test_bytes_that_are_not_text(self):
        (found,) = self.rejected({"a.py": "x = '\xff'\n"})
        self.assertIn("utf-8", found.message)

    def test_files_that_are_no_plugin(self):
        self.assertIn("there is no Python file", self.rejected({"a.toml": ""})[0].message)
        self.assertIn("no folder with an __init__.py", self.rejected({"a.py": "", "b.py": ""})[0].message)
        self.assertIn("more than one folder", self.rejected({"a/__init__.py": "", "b/__init__.py": ""})[0].message)

    def test_other_files_are_left_alone(self):
        of({"p/__init__.py": "", "p/manifest.toml": "\0", "README.md": "def f(:"})

    def test_too_deep(self):
        (found,) = self.rejected({"a.py": "(" * 300 + ")" * 300})
        self.assertIn("too many nested parentheses", found.message)


class Packages(unittest.TestCase):
    def test_code_is_where_python_looks_for_it_and_is_not_checked_against_the_source(self):
        (found,) = compiled_packages(sources({"p/a.py": "x = 1\n"}))
        self.assertEqual(found.path, cache_from_source("p/a.py"))
        self.assertEqual(found.content[:8], MAGIC_NUMBER + b"\1\0\0\0")
        self.assertEqual(marshal.loads(found.content[16:]).co_filename, "/packages/p/a.py")

    def test_what_cannot_be_compiled_is_left_out(self):
        self.assertEqual(compiled_packages(sources({"a.py": "print 1\n", "b.py": "\0"})), [])

    def test_nothing_is_said_of_what_python_warns_of(self):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            self.assertEqual(len(compiled_packages(sources({"a.py": "x = 1\nx is 1\n"}))), 1)
        self.assertEqual(said, [])
