"""Where each number stands in the arrays that the NMEA kernels share. Numbers only, no code.

A kernel with thirty array arguments compiles slowly and is slow to call, so columns of one type lie as rows of one
two-dimensional array and are named here.
"""

from __future__ import annotations

from typing import Final

import numpy as np

# Limits. Each bounds memory or work whatever the bytes.
MAX_LINE: Final = 1024  # bytes of one line; the longest real line seen has 202
MAX_PARTS: Final = 9  # one digit in the sentence; four seen
MAX_STATION: Final = 48  # bytes of a station's name; NMEA 0183 allows 15
PAD: Final = 64  # bytes that may be read, never used, behind the end of a buffer
MISSING_TIME: Final = -(2**63)
TIME_MIN_MS: Final = 631_152_000_000  # 1990-01-01: AIS is younger; an earlier time is an unset clock
TIME_MAX_MS: Final = 4_102_444_800_000  # 2100-01-01

# Codes of fixes.time_source (fixes/table.py TIME_SOURCES); a lower rank wins within one message.
BY_TAG: Final = 0
BY_SUFFIX: Final = 1
BY_PREFIX: Final = 2
BY_PGHP: Final = 3
BY_BASE: Final = 4
BY_RECEIVE: Final = 7
BY_NONE: Final = 9

# Reject reasons (fixes/statics.py REJECT_REASONS). Typed, because Numba compiles a function once more for every plain
# constant that is passed to it.
NO_SENTENCE: Final = np.int64(0)
OTHER_SENTENCE: Final = np.int64(1)
BAD_CHECKSUM: Final = np.int64(2)
NO_CHECKSUM: Final = np.int64(3)
BAD_FORMAT: Final = np.int64(4)
BAD_PAYLOAD_CHARACTER: Final = np.int64(5)
BAD_FRAGMENT: Final = np.int64(6)
PART_MISSING: Final = np.int64(7)
PART_CONFLICT: Final = np.int64(8)
PART_LATE: Final = np.int64(9)
TOO_SHORT: Final = np.int64(10)
BAD_TYPE: Final = np.int64(11)
BAD_PART_NUMBER: Final = np.int64(12)
LINE_TOO_LONG: Final = np.int64(13)
BAD_TAG: Final = np.int64(14)
N_REASONS: Final = 15

# state[...]: what is carried from line to line and from chunk to chunk
S_LINE_NO: Final = 0  # lines begun so far
S_SKIP: Final = 1  # inside a line that is too long: skip to its end
S_TAG: Final = 2  # 1: a TAG block stood alone on a line and waits for its sentence
S_TAG_TIME: Final = 3
S_TAG_STATION: Final = 4
S_TAG_GROUP: Final = 5
S_TAG_SOURCE: Final = 6  # `si` of the TAG block: names the feed, used as station where nothing else does
S_PGHP: Final = 7  # 1: a Gatehouse line waits for its sentence
S_PGHP_TIME: Final = 8
S_PGHP_STATION: Final = 9
S_PGHP_SUM: Final = 10  # checksum that the sentence (exclusive or over all parts) must have
S_STATIONS: Final = 11  # station names known
S_PENDING: Final = 12  # messages that wait for parts
S_RECEIVED: Final = 13  # time of receipt of this chunk
S_BASE: Final = 14  # byte offset of buf[0] in the stream
S_ASM: Final = 15  # next free place for joined payloads in buf
S_MESSAGES: Final = 16  # rows written to msg64, msg32
S_REJECTS: Final = 17  # rows written to rej64
S_REJECT_BYTES: Final = 18  # bytes written to rej_data
S_MAX_PENDING: Final = 19
S_PART_GAP_MS: Final = 20
S_PART_GAP_LINES: Final = 21
S_KEEP_OTHER: Final = 22  # 1: sentences of other kinds become reject rows, not only a count
S_FULL: Final = 23  # 1: the last call stopped for want of room
S_COUNTS: Final = 24  # one count per reject reason from here on
S_SIZE: Final = S_COUNTS + N_REASONS

# context[...]: what the wrappers of the present sentence say
C_TAG_TIME: Final = 0
C_TAG_STATION: Final = 1
C_TAG_GROUP: Final = 2
C_TAG_SOURCE: Final = 3
C_TAG: Final = 4  # 1: a readable TAG block stands before the sentence
C_SUFFIX_TIME: Final = 5
C_SUFFIX_STATION: Final = 6
C_PREFIX_TIME: Final = 7
H_TOTAL: Final = 8  # what the sentence itself says
H_NUMBER: Final = 9
H_SEQ: Final = 10  # -1 when empty
H_CHANNEL: Final = 11  # character, 0 when empty
H_PAY: Final = 12  # where the payload begins in buf
H_LEN: Final = 13
H_FILL: Final = 14
H_TALKER: Final = 15  # two characters as one number
H_OWN: Final = 16
H_SUM: Final = 17  # checksum
H_TIME: Final = 18  # time and its source, chosen from the wrappers
H_TIME_SOURCE: Final = 19
H_STATION: Final = 20
C_TAG_AT: Final = 21  # where the TAG block read last begins in buf, and its length
C_TAG_LENGTH: Final = 22
C_SIZE: Final = 23

# Rows of msg64 and msg32; one column per whole message
M_OFFSET: Final = 0
M_TIME: Final = 1
M_PAY: Final = 2  # where the payload begins in buf
M64_SIZE: Final = 3
M_LEN: Final = 0  # payload characters
M_FILL: Final = 1
M_TIME_SOURCE: Final = 2
M_STATION: Final = 3
M_CHANNEL: Final = 4
M_TALKER: Final = 5
M_OWN: Final = 6
M32_SIZE: Final = 7

# Rows of rej64; one column per reject
R_OFFSET: Final = 0
R_LINE_NO: Final = 1
R_REASON: Final = 2
R_END: Final = 3  # where its raw bytes end in rej_data
R_SIZE: Final = 4

# Columns of pend, a row per slot: a message that waits for parts
P_TOTAL: Final = 0  # 0: the slot is free
P_SEEN: Final = 1  # bit k: part k+1 is here
P_TALKER: Final = 2  # two characters
P_OWN: Final = 3
P_SEQ: Final = 4
P_CHANNEL: Final = 5  # character, 0 when empty
P_STATION: Final = 6
P_GROUP: Final = 7
P_OFFSET: Final = 8  # of the first line heard
P_LINE_NO: Final = 9  # of the last line heard
P_TIME: Final = 10
P_TIME_SOURCE: Final = 11
P_TIME_PART: Final = 12  # part from which the time comes
P_HEARD: Final = 13  # time of the last part, for the limit between parts
P_XOR: Final = 14  # exclusive or of the checksums
P_PGHP: Final = 15  # 1: a Gatehouse line stood before the first part heard
P_PGHP_TIME: Final = 16
P_PGHP_STATION: Final = 17
P_PGHP_SUM: Final = 18
P_TAINTED: Final = 19  # 1: two ships' parts cannot be told apart
P_TOP: Final = 20  # highest part number heard
P_ORDER: Final = 21  # line of the first part heard, for eviction of the oldest
P_SOURCE: Final = 22  # `si` of the TAG block
P_SIZE: Final = 23

# part[slot, k, ...]: one part
K_RAW_LEN: Final = 0
K_PAY: Final = 1  # where the payload begins in its raw bytes
K_LEN: Final = 2
K_FILL: Final = 3
K_OFFSET: Final = 4
K_LINE_NO: Final = 5
K_SIZE: Final = 6

# fix64, fixf64, fixf32, fix32, fix8: one column per fix
F_TIME: Final = 0
F64_SIZE: Final = 1
F_LAT: Final = 0
F_LON: Final = 1
FF64_SIZE: Final = 2
F_SOG: Final = 0
F_COG: Final = 1
F_HEADING: Final = 2
F_ROT: Final = 3
F_ALTITUDE: Final = 4
FF32_SIZE: Final = 5
F_MSG: Final = 0  # which message
F_MMSI: Final = 1
F_TIME_SOURCE: Final = 2
F_CLASS: Final = 3
F_FLAGS: Final = 4
F32_SIZE: Final = 5
F_TYPE: Final = 0
F_REPEAT: Final = 1
F_STATUS: Final = 2
F_SECOND: Final = 3
F_ACCURACY: Final = 4
F_RAIM: Final = 5
F8_SIZE: Final = 6

# stat32, stat16, stat8: one column per static row; text columns in the order of TEXTS
T_MSG: Final = 0
T_MMSI: Final = 1
T_IMO: Final = 2
T_MOTHERSHIP: Final = 3
T_FLAGS: Final = 4
T32_SIZE: Final = 5
T_SHIP_TYPE: Final = 0
T_BOW: Final = 1
T_STERN: Final = 2
T_PORT: Final = 3
T_STARBOARD: Final = 4
T16_SIZE: Final = 5
T_TYPE: Final = 0
T_REPEAT: Final = 1
T_PART: Final = 2
T_EPFD: Final = 3
T_VERSION: Final = 4
T_DTE: Final = 5
T_AID: Final = 6
T_OFF: Final = 7
T_VIRTUAL: Final = 8
T8_SIZE: Final = 9
TEXTS: Final = ("callsign", "shipname", "destination", "eta", "vendor")
X_CALLSIGN: Final = 0
X_SHIPNAME: Final = 1
X_DESTINATION: Final = 2
X_ETA: Final = 3
X_VENDOR: Final = 4
TEXT_WIDTH: Final = 34  # longest text: name of an aid to navigation with its extension

# oth32, oth16, oth8: one column per other message
O_MSG: Final = 0
O_MMSI: Final = 1
O_DEST: Final = 2
O32_SIZE: Final = 3
O_TYPE: Final = 0
O_REPEAT: Final = 1
O_FID: Final = 2
O_FILL: Final = 3
O8_SIZE: Final = 4
