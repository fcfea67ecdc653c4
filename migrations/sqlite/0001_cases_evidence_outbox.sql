-- Cases, their evidence, reviews, rejected spots, judge state, outbox and custody log.
-- Times are milliseconds since 1970-01-01T00:00:00Z. Places are WGS84 degrees. Hashes are
-- lower-case hexadecimal SHA-256.

CREATE TABLE cases (
    id            TEXT    NOT NULL PRIMARY KEY,              -- case number
    violation     INTEGER NOT NULL UNIQUE,                   -- one violation, one case; 64 bits kept as signed
    class         TEXT    NOT NULL,                          -- detector class
    code          TEXT    NOT NULL,                          -- national matter code
    code_name     TEXT    NOT NULL,                          -- its name when the case was opened
    status        TEXT    NOT NULL CHECK (status IN
        ('clue', 'confirmed', 'rejected', 'pending_dispatch', 'handling', 'handled', 'closed', 'cancelled')),
    opened_at     INTEGER NOT NULL,                          -- when it became a case
    first_seen    INTEGER NOT NULL,                          -- first sighting of the thing
    last_seen     INTEGER NOT NULL CHECK (last_seen >= first_seen), -- latest sighting
    gone_at       INTEGER,                                   -- when it was found gone; null while it stands
    cameras       TEXT    NOT NULL CHECK (json_valid(cameras)), -- JSON array of camera ids
    lon           REAL    NOT NULL CHECK (lon BETWEEN -180 AND 180), -- longitude, WGS84
    lat           REAL    NOT NULL CHECK (lat BETWEEN -90 AND 90),   -- latitude, WGS84
    error_m       REAL    NOT NULL CHECK (error_m >= 0),     -- radius of error in metres
    grid          TEXT,                                      -- unit grid code; null outside every grid
    detections    INTEGER NOT NULL CHECK (detections >= 0),  -- sightings counted
    score         REAL    NOT NULL,                          -- machine score in 0..1
    recurrence_of TEXT    REFERENCES cases (id),             -- the former case of the same thing
    permit        TEXT                                       -- permit whose hours have ended
) STRICT;

CREATE INDEX cases_opened ON cases (opened_at DESC, id DESC);
CREATE INDEX cases_status ON cases (status, opened_at DESC);

CREATE TABLE evidence (
    id            TEXT    NOT NULL PRIMARY KEY,              -- first 16 hex digits of the path's SHA-256
    case_id       TEXT    NOT NULL REFERENCES cases (id),    -- whose evidence
    path          TEXT    NOT NULL UNIQUE,                   -- below evidence/: CASE/FILE
    sha256        TEXT    NOT NULL CHECK (length(sha256) = 64), -- of the file's bytes
    bytes_len     INTEGER NOT NULL CHECK (bytes_len >= 0),   -- the file's length
    role          TEXT    NOT NULL CHECK (role IN ('original', 'picture', 'annotated')),
    camera        TEXT    NOT NULL,                          -- which camera took it
    at            INTEGER NOT NULL,                          -- when it was taken
    time_source   TEXT    NOT NULL CHECK (time_source IN ('sender_ntp', 'arrival', 'file', 'recorded')),
    pts_ns        INTEGER,                                   -- the stream's own time, nanoseconds
    bbox          TEXT    CHECK (bbox IS NULL OR json_valid(bbox)), -- [x0, y0, x1, y1], fractions of the frame
    moment        TEXT    NOT NULL CHECK (moment IN ('first', 'middle', 'last', 'later', 'gone')),
    derived_from  TEXT    CHECK (derived_from IS NULL OR length(derived_from) = 64), -- SHA-256 of its source
    model         TEXT    NOT NULL                           -- model that saw it; empty when none did
) STRICT;

CREATE INDEX evidence_case ON evidence (case_id, at);

CREATE TABLE reviews (
    id            INTEGER NOT NULL PRIMARY KEY,              -- order of decisions
    case_id       TEXT    NOT NULL REFERENCES cases (id),    -- what was decided about
    decision      TEXT    NOT NULL CHECK (decision IN ('confirmed', 'rejected')),
    by            TEXT    NOT NULL CHECK (by <> ''),         -- the person
    reason        TEXT    NOT NULL,                          -- in the person's words
    at            INTEGER NOT NULL                           -- when
) STRICT;

CREATE INDEX reviews_case ON reviews (case_id);

CREATE TABLE spots (
    id            TEXT    NOT NULL PRIMARY KEY,              -- spot id
    case_id       TEXT    REFERENCES cases (id),             -- the case whose rejection made it
    class         TEXT    NOT NULL,                          -- class that is not claimed here
    lon           REAL    NOT NULL,                          -- longitude, WGS84
    lat           REAL    NOT NULL,                          -- latitude, WGS84
    radius_m      REAL    NOT NULL CHECK (radius_m >= 0),    -- how far it reaches
    from_ms       INTEGER NOT NULL,                          -- from when
    until_ms      INTEGER NOT NULL,                          -- until when
    by            TEXT    NOT NULL,                          -- who rejected
    reason        TEXT    NOT NULL,                          -- why
    lifted_at     INTEGER,                                   -- when a person lifted it; null while it holds
    lifted_by     TEXT,                                      -- who lifted it
    lifted_reason TEXT,                                      -- why
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL))
) STRICT;

CREATE TABLE judge_state (
    key           TEXT    NOT NULL PRIMARY KEY,              -- named by judging
    value         TEXT    NOT NULL CHECK (json_valid(value)) -- its JSON, read by judging alone
) STRICT;

CREATE TABLE outbox (
    id            INTEGER NOT NULL PRIMARY KEY,              -- order of events
    channel       TEXT    NOT NULL,                          -- channel name in the settings
    key           TEXT    NOT NULL,                          -- idempotency key: CASE.EVENT
    case_id       TEXT    NOT NULL REFERENCES cases (id),    -- what it tells about
    body          TEXT    NOT NULL CHECK (json_valid(body)), -- what is sent, fixed when the event happened
    created_at    INTEGER NOT NULL,                          -- when the event happened
    state         TEXT    NOT NULL CHECK (state IN ('pending', 'done', 'dead')),
    attempts      INTEGER NOT NULL DEFAULT 0,                -- times claimed
    next_at       INTEGER NOT NULL,                          -- not to be tried before
    claimed_until INTEGER,                                   -- lease of the one trying now
    last_error    TEXT,                                      -- why the latest attempt failed
    UNIQUE (channel, key)
) STRICT;

CREATE INDEX outbox_due ON outbox (next_at, id) WHERE state = 'pending';
CREATE INDEX outbox_case ON outbox (channel, case_id, id);

CREATE TABLE custody (
    seq            INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0), -- 1, 2, 3 … without a hole
    at             INTEGER NOT NULL,                         -- when
    who            TEXT    NOT NULL,                         -- a person, or the machine's part
    what           TEXT    NOT NULL CHECK (what <> ''),      -- what was done
    subject        TEXT    NOT NULL,                         -- case number, evidence path or spot id
    payload        TEXT    NOT NULL CHECK (json_valid(payload)), -- what was recorded
    payload_sha256 TEXT    NOT NULL CHECK (length(payload_sha256) = 64), -- of payload's bytes
    prev_hash      TEXT    NOT NULL CHECK (length(prev_hash) = 64), -- the entry before; zeros for the first
    hash           TEXT    NOT NULL CHECK (length(hash) = 64) -- SHA-256 over the fields above but payload
) STRICT;

CREATE INDEX custody_subject ON custody (subject);

CREATE TRIGGER custody_is_never_changed BEFORE UPDATE ON custody
BEGIN SELECT RAISE (ABORT, 'the custody log is append-only'); END;

CREATE TRIGGER custody_is_never_deleted BEFORE DELETE ON custody
BEGIN SELECT RAISE (ABORT, 'the custody log is append-only'); END;
