"""A plugin's files, and those of its packages, compiled without running any of them."""

import marshal
import warnings
from importlib import _bootstrap_external
from importlib.util import cache_from_source, decode_source, source_hash

from wit_world.exports import source as host

from runner.entry_points import coroutines, entry_points
from runner.surroundings import PACKAGES

_NULL_BYTES = "plugin code contains null bytes"


class Rejected(Exception):
    """The files are not a plugin; `diagnostics` says why."""

    def __init__(self, diagnostics: list[host.Diagnostic]):
        super().__init__(diagnostics)
        self.diagnostics = diagnostics


def compiled(files: list[host.File], packages: list[str]) -> host.Compiled:
    """Returns the payload that `plugin.load` takes, and which events it can take.

    `packages` names what lies at the top of the plugin's packages.
    """
    sources = {file.path: file.content for file in files if file.path.endswith(".py")}
    main = _main_file(sources)
    package_name = main.partition("/")[0] if main.endswith("/__init__.py") else None
    code = {}
    diagnostics = []
    for path, content in sources.items():
        try:
            code[path] = (compile(_without_null(content), path, "exec", dont_inherit=True), decode_source(content))
        except Exception as error:
            diagnostics.append(_diagnostic(path, content, error))
    if not diagnostics:
        diagnostics = [
            host.Diagnostic(main, line, 0, f"{name} must be a plain function; run coroutines in it with asyncio.run()")
            for name, line in coroutines(code[main][0])
        ]
    if diagnostics:
        raise Rejected(diagnostics)
    return host.Compiled(marshal.dumps((package_name, packages, code)), entry_points(code[main][0]))


def compiled_packages(modules: list[host.File]) -> list[host.File]:
    """Returns what Python's own import system looks for beside a module: its code, in `__pycache__`.

    Of a kind that is not checked against the source, since neither ever changes.
    """
    found = []
    # Nobody is told of what others' code is warned of, and each warning is a host call.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in modules:
            try:
                code = compile(_without_null(module.content), f"{PACKAGES}/{module.path}", "exec", dont_inherit=True)
            except Exception:
                # Packages carry files that are not for this version of Python.
                continue
            content = _bootstrap_external._code_to_hash_pyc(code, source_hash(module.content), checked=False)
            found.append(host.File(cache_from_source(module.path), bytes(content)))
    return found


def _main_file(sources: dict[str, bytes]) -> str:
    roots = [path for path in sources if path.count("/") == 1 and path.endswith("/__init__.py")]
    if len(roots) == 1:
        return roots[0]
    if len(sources) == 1:
        return next(iter(sources))
    if not sources:
        raise Rejected([host.Diagnostic("", 0, 0, "there is no Python file")])
    what = "more than one folder with" if roots else "several Python files, but no folder with"
    raise Rejected([host.Diagnostic("", 0, 0, f"{what} an __init__.py: which one is the plugin?")])


def _without_null(content: bytes) -> bytes:
    if b"\0" in content:
        raise ValueError(_NULL_BYTES)
    return content


def _diagnostic(path: str, content: bytes, error: Exception) -> host.Diagnostic:
    if isinstance(error, SyntaxError):
        message = f"{type(error).__name__}: {error.msg}"
        return host.Diagnostic(path, max(error.lineno or 0, 0), max(error.offset or 0, 0), message)
    line = content.count(b"\n", 0, content.index(b"\0")) + 1 if b"\0" in content else 0
    return host.Diagnostic(path, line, 0, str(error) or type(error).__name__)
