"""The one error that is the user's to cure."""


class InputError(Exception):
    """Bad input or a bad combination of options.

    The message is one line: what is wrong, where (file:line, column or record), and the nearest cure.
    A script prints it and exits with status 2; any other exception is a fault of genloom itself. What it quotes of a file
    is shortened, and cannot command a terminal.
    """

    LONGEST = 1000

    def __init__(self, what: str, where: object = None, cure: str | None = None):
        parts = [f"{where}: {what}" if where is not None else what]
        if cure:
            parts.append(cure)
        message = "; ".join(" ".join(str(p).split()) for p in parts)
        message = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in message)
        if len(message) > self.LONGEST:
            message = f"{message[: self.LONGEST // 2]} … {message[-self.LONGEST // 2 :]}"
        super().__init__(message)


def undecodable(error: UnicodeDecodeError, where: object) -> InputError:
    """The error of text in another encoding, such as an old spreadsheet's, or of a file that is no text."""
    before = error.object[max(error.start - 20, 0) : error.start].rpartition(b"\n")[2]
    shown = repr(before + error.object[error.start : error.start + 1])[2:-1]
    return InputError(f"is not text in UTF-8: {shown}", where, "save it as text in UTF-8")


def named(items, limit: int = 5) -> str:
    """The first few of many names, for a message: `a, b, c and 12 more`."""
    items = [str(i) for i in items]
    shown = ", ".join(items[:limit])
    return f"{shown} and {len(items) - limit} more" if len(items) > limit else shown


def nearest(name: str, known) -> str:
    """A hint naming what the user may have meant, or an empty string."""
    import difflib

    close = difflib.get_close_matches(str(name), [str(k) for k in known], n=1)
    return f"did you mean {close[0]!r}?" if close else ""
