package storage

// schema2 adds the devices that are mine and what was spoken with them. The words on columns in schema.go hold here too.
//
// A device is named by the SHA-256 of its public key. here_… is what it may do on this device, there_… what this device
// was granted on it when they were paired.
//
// The ledger has a row for each connection and each attempt, written when it has ended. Who was spoken with stays on
// record, also after the device was removed; schema3 says for how long.
const schema2 = `
ALTER TABLE messages ADD COLUMN why TEXT NOT NULL DEFAULT ''; -- why it was written on that device, in words

CREATE TABLE devices (
	id            TEXT    PRIMARY KEY CHECK (length(id) = 64 AND id NOT GLOB '*[^0-9a-f]*'),
	name          TEXT    NOT NULL,
	added_ms      INTEGER NOT NULL,
	seen_ms       INTEGER,                                  -- when it last answered; NULL: never
	here_answers  INTEGER NOT NULL CHECK (here_answers IN (0, 1)),
	here_models   INTEGER NOT NULL CHECK (here_models IN (0, 1)),
	here_notes    INTEGER NOT NULL CHECK (here_notes IN (0, 1)),
	there_answers INTEGER NOT NULL CHECK (there_answers IN (0, 1)),
	there_models  INTEGER NOT NULL CHECK (there_models IN (0, 1)),
	there_notes   INTEGER NOT NULL CHECK (there_notes IN (0, 1)),
	addresses     TEXT    NOT NULL CHECK (json_valid(addresses)) -- a list of "address:port", the last good one first
) STRICT, WITHOUT ROWID;

CREATE TABLE servers (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	name     TEXT    NOT NULL,
	address  TEXT    NOT NULL UNIQUE,     -- "address:port"
	key      TEXT    NOT NULL DEFAULT '', -- sent to it as bearer token
	kind     TEXT    NOT NULL DEFAULT '', -- which program it is
	added_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE ledger (
	id        INTEGER PRIMARY KEY AUTOINCREMENT,
	time_ms   INTEGER NOT NULL,                        -- when it began
	outgoing  INTEGER NOT NULL CHECK (outgoing IN (0, 1)), -- begun by this device
	device    TEXT    NOT NULL,                        -- '': it has shown no key
	address   TEXT    NOT NULL,
	purpose   TEXT    NOT NULL,
	bytes_in  INTEGER NOT NULL,
	bytes_out INTEGER NOT NULL,
	outcome   TEXT    NOT NULL
) STRICT;
CREATE INDEX ledger_by_device ON ledger (device, id);
CREATE INDEX ledger_by_time ON ledger (time_ms);

CREATE TRIGGER ledger_kept BEFORE UPDATE ON ledger BEGIN
	SELECT raise(ABORT, 'the ledger is only added to');
END;
CREATE TRIGGER ledger_whole BEFORE DELETE ON ledger BEGIN
	SELECT raise(ABORT, 'the ledger is only added to');
END;
`
