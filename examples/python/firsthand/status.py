"""The small statuses of field.h. They are permanent, so they stand here as numbers.

From 1000 on a status is the number of a code (proto/codes.md), and says its own name and class.
"""

OK = 0
CLOSED = 1
TIMEOUT = 2
NULL = 3
HANDLE = 4
UTF8 = 5
KEY_LOCKED = 6
SIGNER_BAD = 7
SIGNER_TIMEOUT = 8
MORE_WORK = 9
NO_NETWORK = 10
PANIC = 11
