"""Two samples of a series, as a line of line protocol."""

TABLE = "network_rate"
FIELDS = ("received_bytes_per_second", "sent_bytes_per_second")


def rate_line(series, samples):
    """Returns the line for a series, or None if there is no rate to tell."""
    if len(samples) < 2:
        return None
    (before, *old), (now, *new) = samples
    # A counter that goes back has been reset, by a restart for example.
    if now <= before or any(b < a for a, b in zip(old, new)):
        return None
    seconds = (now - before) / 1_000_000_000
    fields = ",".join(f"{name}={(b - a) / seconds!r}" for name, a, b in zip(FIELDS, old, new))
    return f"{TABLE}{tags(series)} {fields} {now}"


def tags(series):
    named = zip(("host", "interface"), series)
    return "".join(f",{name}={escaped(value)}" for name, value in named if value)


def escaped(value):
    value = value.replace("\\", "\\\\").replace(",", "\\,")
    return value.replace("=", "\\=").replace(" ", "\\ ")
