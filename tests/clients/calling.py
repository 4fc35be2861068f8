"""Calls the function of a script that the test asks for."""

import sys


def main(functions):
    """Calls the function named first with the URL named second."""
    name, url = sys.argv[1:]
    functions[name](url)


def raised(kind, call):
    """The text of the exception of that kind that `call` must raise."""
    try:
        call()
    except kind as error:
        return str(error)
    raise AssertionError(f"nothing was raised, {kind.__name__} was expected")
