-- What clerks did. Lines are added and never changed: the triggers hold whoever writes here.
CREATE TABLE trail (
    number    INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    who       TEXT NOT NULL,
    act       TEXT NOT NULL,
    reference TEXT,
    change    TEXT,
    why       TEXT
) STRICT;

CREATE INDEX trail_of_record ON trail (reference, number);

CREATE TRIGGER trail_is_not_changed BEFORE UPDATE ON trail BEGIN SELECT RAISE (ABORT, 'the trail is only added to'); END;
CREATE TRIGGER trail_is_not_shortened BEFORE DELETE ON trail BEGIN SELECT RAISE (ABORT, 'the trail is only added to'); END;

-- Changes of status that wait for a second person, or did.
CREATE TABLE proposal (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    reference TEXT NOT NULL,
    change    TEXT NOT NULL,
    why       TEXT,
    who       TEXT NOT NULL,
    at        INTEGER NOT NULL,
    outcome   TEXT CHECK (outcome IN ('agreed', 'declined'))
) STRICT;

-- One a record.
CREATE UNIQUE INDEX proposal_waits ON proposal (reference) WHERE outcome IS NULL;
