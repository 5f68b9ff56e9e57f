package storage

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Message is a node in the tree of a chat. Its fields have the meaning of the columns in schema.go and schema2.go.
type Message struct {
	ID       int64
	Chat     int64
	Parent   int64 // 0: the beginning of the chat
	Seq      int   // 1-based, in the order in which the chat's messages were written
	Role     string
	State    string
	Created  time.Time
	Text     string
	Thinking string
	Thought  time.Duration
	Branch   int // 1-based among its siblings; read only
	Branches int // read only
	Reply
}

// Reply is what is known of an assistant's message.
type Reply struct {
	Device                                  string // where it was written
	Why                                     string // why there, in words
	Model, ModelHash                        string
	PromptTokens, ReusedTokens, ReplyTokens int
	ContextUsed, ContextMax                 int
	FirstToken, Total                       time.Duration // to the microsecond
	TokensPerSecond                         float64
	Reason, Problem                         string
}

const messageColumns = `m.id, m.chat_id, coalesce(m.parent_id, 0), m.seq, m.role, m.state, m.created_ms,
	m.text, m.thinking, m.thought_us,
	m.device, m.why, m.model, m.model_hash, m.prompt_tokens, m.reused_tokens, m.reply_tokens, m.context_used, m.context_max,
	m.first_token_us, m.total_us, m.tokens_per_second, m.reason, m.problem,
	(SELECT count(*) FROM messages b WHERE b.chat_id = m.chat_id AND b.parent_id IS m.parent_id AND b.seq <= m.seq),
	(SELECT count(*) FROM messages b WHERE b.chat_id = m.chat_id AND b.parent_id IS m.parent_id)`

func scanMessage(rows *sql.Rows) (m Message, err error) {
	var createdMs, thoughtUs, firstUs, totalUs int64
	err = rows.Scan(&m.ID, &m.Chat, &m.Parent, &m.Seq, &m.Role, &m.State, &createdMs,
		&m.Text, &m.Thinking, &thoughtUs,
		&m.Device, &m.Why, &m.Model, &m.ModelHash, &m.PromptTokens, &m.ReusedTokens, &m.ReplyTokens, &m.ContextUsed, &m.ContextMax,
		&firstUs, &totalUs, &m.TokensPerSecond, &m.Reason, &m.Problem,
		&m.Branch, &m.Branches)
	m.Created = time.UnixMilli(createdMs)
	m.Thought = time.Duration(thoughtUs) * time.Microsecond
	m.FirstToken = time.Duration(firstUs) * time.Microsecond
	m.Total = time.Duration(totalUs) * time.Microsecond
	return m, err
}

// Branch returns the shown branch of a chat from its beginning. An unknown chat has no messages.
func (s *Store) Branch(ctx context.Context, chat int64) ([]Message, error) {
	return collect(ctx, s.read, "read chat", scanMessage, `
		WITH RECURSIVE shown (id) AS (
			SELECT shown_root FROM chats WHERE id = ? AND shown_root IS NOT NULL
			UNION ALL
			SELECT m.shown_child FROM shown JOIN messages m USING (id) WHERE m.shown_child > m.id)
		SELECT `+messageColumns+` FROM shown JOIN messages m USING (id) ORDER BY m.id`, chat)
}

// Path returns the messages from the beginning of the chat to the given one, whatever is shown.
func (s *Store) Path(ctx context.Context, message int64) ([]Message, error) {
	return collect(ctx, s.read, "read branch", scanMessage, `
		WITH RECURSIVE up (id, parent) AS (
			SELECT id, parent_id FROM messages WHERE id = ?
			UNION ALL
			SELECT m.id, m.parent_id FROM up JOIN messages m ON m.id = up.parent WHERE m.id < up.id)
		SELECT `+messageColumns+` FROM up JOIN messages m USING (id) ORDER BY m.id`, message)
}

// Message returns one message. ErrNotFound.
func (s *Store) Message(ctx context.Context, id int64) (Message, error) {
	return one(ctx, s.read, "read message", scanMessage, `SELECT `+messageColumns+` FROM messages m WHERE m.id = ?`, id)
}

// Append adds messages to a chat, the first below parent (0: at the beginning) and each below the
// one before, and shows them. It returns them with ID, Seq, Parent and Created set, when all of them
// are on the disk. title becomes the chat's title if nobody has given it one.
func (s *Store) Append(ctx context.Context, chat, parent int64, title string, messages ...Message) ([]Message, error) {
	added := append([]Message(nil), messages...)
	err := s.change(ctx, "save message", func(tx *sql.Tx) error {
		err := touch(ctx, tx, chat, title)
		if err != nil {
			return err
		}
		for i := range added {
			added[i].Chat, added[i].Parent = chat, parent
			err = insert(ctx, tx, &added[i])
			if err != nil {
				return err
			}
			parent = added[i].ID
		}
		return nil
	})
	return added, err
}

func touch(ctx context.Context, tx *sql.Tx, chat int64, title string) error {
	err := execOne(ctx, tx, `UPDATE chats SET changed_ms = ? WHERE id = ? AND deleted_ms IS NULL`, time.Now().UnixMilli(), chat)
	if err != nil || title == "" {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE chats SET auto_title = ? WHERE id = ? AND auto_title = ''`, title, chat)
	return err
}

func insert(ctx context.Context, tx *sql.Tx, m *Message) error {
	err := inChat(ctx, tx, m.Parent, m.Chat)
	if err != nil {
		return err
	}
	now := time.Now().UnixMilli()
	row := tx.QueryRowContext(ctx, `
		INSERT INTO messages (chat_id, parent_id, seq, role, state, created_ms, text, thinking, device, why, model, model_hash)
		VALUES (?1, nullif(?2, 0), (SELECT coalesce(max(seq), 0) + 1 FROM messages WHERE chat_id = ?1), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
		RETURNING id, seq`,
		m.Chat, m.Parent, m.Role, m.State, now, m.Text, m.Thinking, m.Device, m.Why, m.Model, m.ModelHash)
	err = row.Scan(&m.ID, &m.Seq)
	if err != nil {
		return err
	}
	m.Created = time.UnixMilli(now)
	m.Branches, err = siblings(ctx, tx, *m)
	m.Branch = m.Branches // the youngest
	if err != nil {
		return err
	}
	return show(ctx, tx, m.Chat, m.Parent, m.ID)
}

func siblings(ctx context.Context, tx *sql.Tx, m Message) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM messages WHERE chat_id = ? AND parent_id IS nullif(?, 0)`, m.Chat, m.Parent).Scan(&n)
	return n, err
}

// inChat returns ErrNotFound for a message of another chat.
func inChat(ctx context.Context, tx *sql.Tx, message, chat int64) error {
	if message == 0 {
		return nil
	}
	var found bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM messages WHERE id = ? AND chat_id = ?)`, message, chat).Scan(&found)
	if err == nil && !found {
		err = fmt.Errorf("message %d of chat %d: %w", message, chat, ErrNotFound)
	}
	return err
}

// show makes child the shown one below parent.
func show(ctx context.Context, tx *sql.Tx, chat, parent, child int64) error {
	if parent == 0 {
		return execOne(ctx, tx, `UPDATE chats SET shown_root = ? WHERE id = ?`, child, chat)
	}
	return execOne(ctx, tx, `UPDATE messages SET shown_child = ? WHERE id = ?`, child, parent)
}

// SaveReply saves how far a reply got: State, Text, Thinking, Thought and what Reply holds. A reply
// that has ended is never written again: ErrNotFound.
func (s *Store) SaveReply(ctx context.Context, m Message) error {
	return s.set(ctx, "save reply", `
		UPDATE messages SET state = ?, text = ?, thinking = ?, thought_us = ?,
			device = ?, why = ?, model = ?, model_hash = ?, prompt_tokens = ?, reused_tokens = ?, reply_tokens = ?,
			context_used = ?, context_max = ?, first_token_us = ?, total_us = ?, tokens_per_second = ?,
			reason = ?, problem = ?
		WHERE id = ? AND state IN ('waiting', 'writing')`,
		m.State, m.Text, m.Thinking, m.Thought.Microseconds(),
		m.Device, m.Why, m.Model, m.ModelHash, m.PromptTokens, m.ReusedTokens, m.ReplyTokens,
		m.ContextUsed, m.ContextMax, m.FirstToken.Microseconds(), m.Total.Microseconds(), m.TokensPerSecond,
		m.Reason, m.Problem, m.ID)
}

// ResumeReply opens a reply that was stopped, cut off or failed, so that it can be carried on where it ended: SaveReply
// takes it again. ErrNotFound for any other message.
func (s *Store) ResumeReply(ctx context.Context, id int64) error {
	return s.set(ctx, "resume reply", `UPDATE messages SET state = 'writing', reason = '', problem = ''
		WHERE id = ? AND role = 'assistant' AND state IN ('stopped', 'interrupted', 'failed')`, id)
}

// Show makes the sibling of message that lies delta branches away the shown one, and the way to it:
// with delta 0 the message itself. It returns the sibling, ErrNotFound when there is none.
func (s *Store) Show(ctx context.Context, message int64, delta int) (sibling int64, err error) {
	err = s.change(ctx, "show branch", func(tx *sql.Tx) error {
		sibling, err = siblingOf(ctx, tx, message, delta)
		if err != nil {
			return err
		}
		return showUpTo(ctx, tx, sibling)
	})
	return sibling, err
}

func siblingOf(ctx context.Context, tx *sql.Tx, message int64, delta int) (int64, error) {
	ids, err := scanAll(ctx, tx, scanOne[int64], `
		SELECT b.id FROM messages m JOIN messages b ON b.chat_id = m.chat_id AND b.parent_id IS m.parent_id
		WHERE m.id = ? ORDER BY b.seq`, message)
	if err != nil {
		return 0, err
	}
	for i, id := range ids {
		if id == message && i+delta >= 0 && i+delta < len(ids) {
			return ids[i+delta], nil
		}
	}
	return 0, ErrNotFound
}

// showUpTo shows a message and every one above it.
func showUpTo(ctx context.Context, tx *sql.Tx, id int64) error {
	for id != 0 {
		var chat, parent int64
		err := tx.QueryRowContext(ctx, `SELECT chat_id, coalesce(parent_id, 0) FROM messages WHERE id = ?`, id).Scan(&chat, &parent)
		if err != nil {
			return err
		}
		err = show(ctx, tx, chat, parent, id)
		if err != nil || parent >= id {
			return err
		}
		id = parent
	}
	return nil
}
