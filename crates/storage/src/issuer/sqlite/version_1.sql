-- One row an issuance, from the offer on. After delivery what stays is reference, type, format, status entry, status and day.
CREATE TABLE issuance (
    reference       TEXT PRIMARY KEY,
    credential_type TEXT NOT NULL,
    format          TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('offered', 'redeemed', 'issued', 'ended')),
    -- Not delivered: when it is over. Issued: until when a lost answer may be asked for again.
    over_at         INTEGER NOT NULL,
    open_until      INTEGER NOT NULL,
    salt            TEXT NOT NULL,
    -- Keyed hashes.
    link            BLOB UNIQUE,
    tx_code         BLOB,
    content         BLOB,
    holder          BLOB,
    tx_tries        INTEGER NOT NULL DEFAULT 0,
    -- JSON.
    claims          TEXT,
    valid_from      INTEGER,
    valid_until     INTEGER,
    list            INTEGER,
    position        INTEGER,
    day             TEXT,
    status          TEXT CHECK (status IN ('valid', 'suspended', 'revoked')),
    UNIQUE (list, position),
    CHECK (state <> 'issued' OR (list IS NOT NULL AND position IS NOT NULL AND day IS NOT NULL AND status IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- What retention looks for.
CREATE INDEX issuance_over ON issuance (over_at) WHERE claims IS NOT NULL;

-- Pre-authorized codes, by keyed hash.
CREATE TABLE code (
    hash      BLOB PRIMARY KEY,
    reference TEXT NOT NULL REFERENCES issuance (reference) ON DELETE CASCADE,
    until     INTEGER NOT NULL,
    used      INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX code_of_issuance ON code (reference);

-- Access tokens, by keyed hash, and the code each was given for.
CREATE TABLE token (
    hash      BLOB PRIMARY KEY,
    code      BLOB NOT NULL,
    reference TEXT NOT NULL REFERENCES issuance (reference) ON DELETE CASCADE,
    until     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX token_of_issuance ON token (reference);

-- c_nonces that were used, by keyed hash, until no clock admits them.
CREATE TABLE nonce (
    hash  BLOB PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE status_list (
    list    INTEGER PRIMARY KEY,
    taken   INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE published_list (
    list        INTEGER NOT NULL REFERENCES status_list (list),
    kind        TEXT NOT NULL,
    version     INTEGER NOT NULL,
    issued_at   INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    jwt         TEXT NOT NULL,
    PRIMARY KEY (list, kind)
) STRICT, WITHOUT ROWID;
