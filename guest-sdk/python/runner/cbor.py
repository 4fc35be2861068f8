"""What the shared cache encoding is: CBOR (RFC 8949), and which tag means what.

Every language that shares entries reads and writes exactly this. Lengths are
definite; keys of a map are distinct; nothing is nested deeper than `DEPTH`.

==============  ===============================================================
none, bool      simple values 22, 20, 21
int             major types 0 and 1; beyond 64 bits tags 2 and 3
float           written with 64 bits; 16 and 32 bits are read as well
str, bytes      major types 3 and 2
list, dict      major types 4 and 5
decimal         tag 4 `[exponent, mantissa]`; what that cannot say (NaN, the
                infinities, -0) tag 27 `["decimal", text]`
datetime        tag 0, RFC 3339 text; without an offset tag 27
                `["datetime", text]`
date            tag 1004, RFC 3339 full-date (RFC 8943)
timedelta       tag 1002 `{1: seconds, -6: microseconds}` (RFC 9581)
set             tag 258, an array (IANA registry)
tuple           tag 27 `["tuple", array]`
deque           tag 27 `["deque", array, greatest length or null]`
==============  ===============================================================

Tag 27 is the registry's "language-independent object with type name and
constructor arguments".
"""

DEPTH = 64

UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE = range(8)

TAG_DATETIME = 0
TAG_BIG_UNSIGNED = 2
TAG_BIG_NEGATIVE = 3
TAG_DECIMAL = 4
TAG_OBJECT = 27
TAG_SET = 258
TAG_DURATION = 1002
TAG_DATE = 1004

SECONDS = 1
MICROSECONDS = -6


class CborError(ValueError):
    """The bytes are not what the shared encoding allows, or the value is nested too deeply."""
