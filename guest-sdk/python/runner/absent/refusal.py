"""Functions that raise instead of doing what cannot be done here."""


def refusing(kind: type[Exception], text: str):
    """Returns a function that takes anything and raises `kind` with `text`."""

    def refuse(*_arguments, **_options):
        raise kind(text)

    return refuse


def replace(module, names, kind: type[Exception], text: str) -> None:
    """Makes functions of a module refuse, also those that this Python was built without."""
    for name in names:
        setattr(module, name, refusing(kind, f"{module.__name__}.{name} is not there in the sandbox: {text}"))
