package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"
)

// Chat is a chat without its messages.
type Chat struct {
	ID       int64
	Title    string // as shown: the person's, or else the one made from the first message
	Snippet  string // the beginning of the newest message that has text
	Pinned   bool
	Created  time.Time
	Changed  time.Time
	Model    string          // chosen for this chat; "" is the default model
	Settings json.RawMessage // an object that the caller defines
	Writing  bool            // a reply is waited for or being written
}

// selectChats is not told to stop at a snippet's length in bytes: substr counts characters.
const selectChats = `
	SELECT c.id, iif(c.title <> '', c.title, c.auto_title), c.pinned, c.created_ms, c.changed_ms, c.model, c.settings,
		coalesce((SELECT substr(m.text, 1, 160) FROM messages m
			WHERE m.chat_id = c.id AND m.text <> '' ORDER BY m.seq DESC LIMIT 1), ''),
		EXISTS (SELECT 1 FROM messages m WHERE m.chat_id = c.id AND m.state IN ('waiting', 'writing'))
	FROM chats c WHERE c.deleted_ms IS NULL `

func scanChat(rows *sql.Rows) (c Chat, err error) {
	var createdMs, changedMs int64
	var settings string
	err = rows.Scan(&c.ID, &c.Title, &c.Pinned, &createdMs, &changedMs, &c.Model, &settings, &c.Snippet, &c.Writing)
	c.Created, c.Changed = time.UnixMilli(createdMs), time.UnixMilli(changedMs)
	c.Settings = json.RawMessage(settings)
	c.Snippet = strings.Join(strings.Fields(c.Snippet), " ")
	return c, err
}

// Chats returns all chats that are not deleted: pinned first, then the newest change first.
func (s *Store) Chats(ctx context.Context) ([]Chat, error) {
	return collect(ctx, s.read, "list chats", scanChat, selectChats+`ORDER BY c.pinned DESC, c.changed_ms DESC, c.id DESC`)
}

// Chat returns one chat. ErrNotFound, also when it is deleted.
func (s *Store) Chat(ctx context.Context, id int64) (Chat, error) {
	return one(ctx, s.read, "read chat", scanChat, selectChats+`AND c.id = ?`, id)
}

// AddChat makes an empty chat from the Title, Pinned, Model and Settings of c.
func (s *Store) AddChat(ctx context.Context, c Chat) (id int64, err error) {
	settings := c.Settings
	if settings == nil {
		settings = json.RawMessage("{}")
	}
	now := time.Now().UnixMilli()
	err = s.change(ctx, "create chat", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO chats (title, pinned, created_ms, changed_ms, model, settings)
			VALUES (?, ?, ?, ?, ?, ?)`, c.Title, c.Pinned, now, now, c.Model, string(settings))
		if err != nil {
			return err
		}
		id, err = res.LastInsertId()
		return err
	})
	return id, err
}

// RenameChat sets the person's title; "" shows the one made from the first message again.
func (s *Store) RenameChat(ctx context.Context, id int64, title string) error {
	return s.set(ctx, "rename chat", `UPDATE chats SET title = ? WHERE id = ? AND deleted_ms IS NULL`, title, id)
}

// PinChat pins or unpins.
func (s *Store) PinChat(ctx context.Context, id int64, pinned bool) error {
	return s.set(ctx, "pin chat", `UPDATE chats SET pinned = ? WHERE id = ? AND deleted_ms IS NULL`, pinned, id)
}

// SetChatSettings replaces the chat's model and settings.
func (s *Store) SetChatSettings(ctx context.Context, id int64, model string, settings json.RawMessage) error {
	return s.set(ctx, "save the chat's settings",
		`UPDATE chats SET model = ?, settings = ? WHERE id = ? AND deleted_ms IS NULL`, model, string(settings), id)
}

// MoveChats gives the chats of one model to another one.
func (s *Store) MoveChats(ctx context.Context, from, to string) error {
	return s.change(ctx, "move chats", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE chats SET model = ? WHERE model = ?`, to, from)
		return err
	})
}

// DeleteChat hides a chat until RestoreChat or PurgeChats.
func (s *Store) DeleteChat(ctx context.Context, id int64) error {
	return s.set(ctx, "delete chat",
		`UPDATE chats SET deleted_ms = ? WHERE id = ? AND deleted_ms IS NULL`, time.Now().UnixMilli(), id)
}
