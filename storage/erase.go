package storage

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// erasedAtOnce is how many messages go in one transaction. Taking a message out of the full-text
// tables for good costs about ten milliseconds, and whoever wants to write waits for that long.
const erasedAtOnce = 10

// RestoreChat undoes DeleteChat. ErrNotFound when erasing has begun, or the chat is not deleted.
func (s *Store) RestoreChat(ctx context.Context, id int64) error {
	return s.set(ctx, "restore chat", `UPDATE chats SET deleted_ms = NULL WHERE id = ? AND deleted_ms > 0`, id)
}

// PurgeChats erases the chats that were deleted at or before a moment, every word of them, in many
// small transactions. When it is interrupted, the next call or the next start goes on.
func (s *Store) PurgeChats(ctx context.Context, deletedUntil time.Time) error {
	err := s.change(ctx, "erase deleted chats", func(tx *sql.Tx) error { return markErased(ctx, tx, deletedUntil) })
	for erased := int64(1); err == nil && erased > 0; {
		err = s.change(ctx, "erase deleted chats", func(tx *sql.Tx) (err error) {
			erased, err = eraseSome(ctx, tx)
			return err
		})
	}
	if err != nil {
		return err
	}
	return s.emptyLog(ctx)
}

// markErased gives chats up (deleted_ms = 0) and unties their messages, so that they can go in parts.
func markErased(ctx context.Context, tx *sql.Tx, until time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE chats SET deleted_ms = 0, shown_root = NULL WHERE deleted_ms <= ?`, until.UnixMilli())
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE messages SET shown_child = NULL
		WHERE shown_child IS NOT NULL AND chat_id IN (SELECT id FROM chats WHERE deleted_ms = 0)`)
	return err
}

// eraseSome erases the youngest messages, and a chat when none are left. It returns the rows erased.
func eraseSome(ctx context.Context, tx *sql.Tx) (int64, error) {
	res, err := tx.ExecContext(ctx, `DELETE FROM messages WHERE id IN (
		SELECT m.id FROM chats c JOIN messages m ON m.chat_id = c.id WHERE c.deleted_ms = 0 ORDER BY m.id DESC LIMIT ?)`, erasedAtOnce)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	if err != nil || n > 0 {
		return n, err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM chats WHERE deleted_ms = 0`)
	return 0, err
}

// emptyLog moves the write-ahead log into the database, since the log still holds what was erased.
// A reader that is at work keeps it from that; the log is emptied at the latest when the program ends.
// Once begun, it is not interrupted: SQLite may keep an interrupt that comes too late for the
// checkpoint of the last Close, which would then leave the log where it is.
func (s *Store) emptyLog(ctx context.Context) error {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("empty the log: %w", err)
	}
	defer conn.Close()
	_, err = conn.ExecContext(context.WithoutCancel(ctx), `PRAGMA wal_checkpoint(TRUNCATE)`)
	if err != nil {
		return fmt.Errorf("empty the log: %w", explain(err))
	}
	return nil
}
