package storage

// schema1 is the first version. It never changes once released; testdata holds a database made by it.
//
// Columns that end in _ms hold milliseconds, in _us microseconds, in _ns nanoseconds. Those named
// after a moment (created, changed, deleted, added, mtime, at) count from 1970-01-01 UTC.
//
// A chat is a tree of messages. The shown branch starts at chats.shown_root and follows
// messages.shown_child; a child is always younger than its parent (a larger id), so that following
// it ends. seq counts the messages of a chat in the order they were written, from 1.
//
// searchable holds what can be found: titles under the negative id of their chat, and messages that
// are no longer being written. Both full-text tables mirror it by triggers; they can be made anew from it.
const schema1 = `
PRAGMA application_id = 1131573094;

CREATE TABLE chats (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	title      TEXT    NOT NULL DEFAULT '', -- given by the person; '' shows auto_title
	auto_title TEXT    NOT NULL DEFAULT '',
	pinned     INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)),
	created_ms INTEGER NOT NULL,
	changed_ms INTEGER NOT NULL,
	deleted_ms INTEGER,                     -- hidden since then; 0 while it is erased
	model      TEXT    NOT NULL DEFAULT '', -- chosen for this chat; '' is the default model
	settings   TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(settings)),
	shown_root INTEGER REFERENCES messages (id) DEFERRABLE INITIALLY DEFERRED
) STRICT;

CREATE TABLE messages (
	id                INTEGER PRIMARY KEY AUTOINCREMENT,
	chat_id           INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
	parent_id         INTEGER REFERENCES messages (id) DEFERRABLE INITIALLY DEFERRED,
	shown_child       INTEGER REFERENCES messages (id) DEFERRABLE INITIALLY DEFERRED CHECK (shown_child > id),
	seq               INTEGER NOT NULL,
	role              TEXT    NOT NULL CHECK (role IN ('user', 'assistant')),
	state             TEXT    NOT NULL
		CHECK (state IN ('complete', 'waiting', 'writing', 'stopped', 'interrupted', 'failed')),
	created_ms        INTEGER NOT NULL,
	text              TEXT    NOT NULL DEFAULT '',
	thinking          TEXT    NOT NULL DEFAULT '',
	thought_us        INTEGER NOT NULL DEFAULT 0, -- how long the thinking took
	-- The rest is known of replies only.
	device            TEXT    NOT NULL DEFAULT '', -- where it was written
	model             TEXT    NOT NULL DEFAULT '', -- name
	model_hash        TEXT    NOT NULL DEFAULT '', -- SHA-256 of the model file, 64 hex digits
	prompt_tokens     INTEGER NOT NULL DEFAULT 0,
	reused_tokens     INTEGER NOT NULL DEFAULT 0,  -- of the prompt, those read before
	reply_tokens      INTEGER NOT NULL DEFAULT 0,
	context_used      INTEGER NOT NULL DEFAULT 0,  -- tokens, after the reply
	context_max       INTEGER NOT NULL DEFAULT 0,  -- tokens
	first_token_us    INTEGER NOT NULL DEFAULT 0,  -- from sending to the first token
	total_us          INTEGER NOT NULL DEFAULT 0,
	tokens_per_second REAL    NOT NULL DEFAULT 0,
	reason            TEXT    NOT NULL DEFAULT '', -- why it ended; '' while it has not
	problem           TEXT    NOT NULL DEFAULT '', -- state failed: what went wrong, in the words of the caller
	UNIQUE (chat_id, seq)
) STRICT;

CREATE INDEX messages_by_parent ON messages (chat_id, parent_id, seq);
CREATE INDEX messages_parent ON messages (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX messages_shown ON messages (shown_child) WHERE shown_child IS NOT NULL;
CREATE INDEX chats_shown ON chats (shown_root) WHERE shown_root IS NOT NULL;
CREATE INDEX messages_unfinished ON messages (chat_id) WHERE state IN ('waiting', 'writing');

CREATE VIEW searchable (id, text) AS
	SELECT id, text FROM messages WHERE state NOT IN ('waiting', 'writing')
	UNION ALL
	SELECT -id, iif(title <> '', title, auto_title) FROM chats;

CREATE VIRTUAL TABLE words USING fts5 (
	text, content = 'searchable', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3');
CREATE VIRTUAL TABLE trigrams USING fts5 (
	text, content = 'searchable', content_rowid = 'id', tokenize = 'trigram remove_diacritics 1');
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
INSERT INTO trigrams (trigrams, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER message_in AFTER INSERT ON messages
WHEN new.state NOT IN ('waiting', 'writing') BEGIN
	INSERT INTO words (rowid, text) VALUES (new.id, new.text);
	INSERT INTO trigrams (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER message_out AFTER DELETE ON messages
WHEN old.state NOT IN ('waiting', 'writing') BEGIN
	INSERT INTO words (words, rowid, text) VALUES ('delete', old.id, old.text);
	INSERT INTO trigrams (trigrams, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER message_changed_out AFTER UPDATE OF text, state ON messages
WHEN old.state NOT IN ('waiting', 'writing') BEGIN
	INSERT INTO words (words, rowid, text) VALUES ('delete', old.id, old.text);
	INSERT INTO trigrams (trigrams, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER message_changed_in AFTER UPDATE OF text, state ON messages
WHEN new.state NOT IN ('waiting', 'writing') BEGIN
	INSERT INTO words (rowid, text) VALUES (new.id, new.text);
	INSERT INTO trigrams (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER title_in AFTER INSERT ON chats BEGIN
	INSERT INTO words (rowid, text) VALUES (-new.id, iif(new.title <> '', new.title, new.auto_title));
	INSERT INTO trigrams (rowid, text) VALUES (-new.id, iif(new.title <> '', new.title, new.auto_title));
END;
CREATE TRIGGER title_out AFTER DELETE ON chats BEGIN
	INSERT INTO words (words, rowid, text) VALUES ('delete', -old.id, iif(old.title <> '', old.title, old.auto_title));
	INSERT INTO trigrams (trigrams, rowid, text) VALUES ('delete', -old.id, iif(old.title <> '', old.title, old.auto_title));
END;
CREATE TRIGGER title_changed AFTER UPDATE OF title, auto_title ON chats BEGIN
	INSERT INTO words (words, rowid, text) VALUES ('delete', -old.id, iif(old.title <> '', old.title, old.auto_title));
	INSERT INTO words (rowid, text) VALUES (-new.id, iif(new.title <> '', new.title, new.auto_title));
	INSERT INTO trigrams (trigrams, rowid, text) VALUES ('delete', -old.id, iif(old.title <> '', old.title, old.auto_title));
	INSERT INTO trigrams (rowid, text) VALUES (-new.id, iif(new.title <> '', new.title, new.auto_title));
END;

CREATE TABLE models (
	id         TEXT    PRIMARY KEY CHECK (length(id) = 64), -- SHA-256 of the file
	name       TEXT    NOT NULL,
	path       TEXT    NOT NULL,
	owned      INTEGER NOT NULL CHECK (owned IN (0, 1)), -- the file is Croft's own copy
	source     TEXT    NOT NULL,                         -- whose folder it lies in
	size_bytes INTEGER NOT NULL,
	mtime_ns   INTEGER NOT NULL,                         -- of the file, when it was hashed
	added_ms   INTEGER NOT NULL
) STRICT;

CREATE TABLE speeds (
	id                INTEGER PRIMARY KEY,
	model_id          TEXT    NOT NULL REFERENCES models (id) ON DELETE CASCADE,
	at_ms             INTEGER NOT NULL,
	tokens_per_second REAL    NOT NULL
) STRICT;
CREATE INDEX speeds_by_model ON speeds (model_id, id);

CREATE TABLE settings (
	key   TEXT PRIMARY KEY,
	value TEXT NOT NULL CHECK (json_valid(value))
) STRICT, WITHOUT ROWID;
`
