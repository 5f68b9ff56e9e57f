package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/mattn/go-sqlite3"
)

// fullText are the tables that are derived from searchable.
var fullText = []string{"words", "trigrams"}

// Check reads the whole database. A full-text table that does not agree with the text is made anew
// (and named in rebuilt); the text itself is never touched. Damage beyond that is ErrDamaged.
func (s *Store) Check(ctx context.Context) (rebuilt []string, err error) {
	for _, table := range fullText {
		made, err := s.checkFullText(ctx, table)
		if err != nil {
			return rebuilt, fmt.Errorf("check %s: %w", table, explain(err))
		}
		if made {
			rebuilt = append(rebuilt, table)
		}
	}
	return rebuilt, s.checkPages(ctx)
}

// checkFullText compares a table with the text, which integrity_check alone does not do.
func (s *Store) checkFullText(ctx context.Context, table string) (rebuilt bool, err error) {
	err = s.tell(ctx, table, "integrity-check", 1)
	if !isIndexDamaged(err) {
		return false, err
	}
	return true, s.tell(ctx, table, "rebuild", 0)
}

func (s *Store) rebuild(ctx context.Context) error {
	for _, table := range fullText {
		err := s.tell(ctx, table, "rebuild", 0)
		if err != nil {
			return fmt.Errorf("rebuild %s: %w", table, explain(err))
		}
	}
	return nil
}

// tell gives a full-text table one of FTS5's commands.
func (s *Store) tell(ctx context.Context, table, command string, rank int) error {
	return inTransaction(ctx, s.write, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, fmt.Sprintf(`INSERT INTO %[1]s (%[1]s, rank) VALUES (?, ?)`, table), command, rank)
		return err
	})
}

// isIndexDamaged says whether FTS5 found its own tables, or them and the text, at odds.
func isIndexDamaged(err error) bool {
	var lite sqlite3.Error
	return errors.As(err, &lite) && lite.ExtendedCode == sqlite3.ErrCorruptVTab
}

func (s *Store) checkPages(ctx context.Context) error {
	problems, err := collect(ctx, s.read, "check database", scanOne[string],
		`SELECT integrity_check FROM pragma_integrity_check UNION ALL
		 SELECT 'a row of ' || "table" || ' refers to one that is missing' FROM pragma_foreign_key_check`)
	if err != nil {
		return err
	}
	if len(problems) == 1 && problems[0] == "ok" {
		return nil
	}
	return fmt.Errorf("check database: %w: %q", ErrDamaged, strings.Join(problems[:min(len(problems), 3)], "; "))
}
