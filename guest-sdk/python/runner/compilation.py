"""A plugin's files, compiled without running any of them."""

import marshal
from importlib.util import decode_source

from wit_world.exports import source as host

from runner.entry_points import entry_points

_NULL_BYTES = "plugin code contains null bytes"


class Rejected(Exception):
    """The files are not a plugin; `diagnostics` says why."""

    def __init__(self, diagnostics: list[host.Diagnostic]):
        super().__init__(diagnostics)
        self.diagnostics = diagnostics


def compiled(files: list[host.File]) -> host.Compiled:
    """Returns the payload that `plugin.load` takes, and which events it can take."""
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
    if diagnostics:
        raise Rejected(diagnostics)
    return host.Compiled(marshal.dumps((package_name, code)), entry_points(code[main][0]))


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
