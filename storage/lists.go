package storage

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// list is one way of finding: a query whose rows are candidates.
type list struct {
	query string
	args  []any
}

// The newest candidates are taken and then ranked, so that a word that stands everywhere costs no
// more than one that is rare. CROSS JOIN keeps the full-text table on the outside.
const (
	wordsInMessages = `SELECT m.id, m.chat_id, bm25(words)
		FROM words CROSS JOIN messages m ON m.id = words.rowid CROSS JOIN chats c ON c.id = m.chat_id
		WHERE words MATCH ? AND words.rowid > 0 AND c.deleted_ms IS NULL
		ORDER BY words.rowid DESC LIMIT ?`
	wordsInTitles = `SELECT words.rowid, c.id, bm25(words)
		FROM words CROSS JOIN chats c ON c.id = -words.rowid
		WHERE words MATCH ? AND words.rowid < 0 AND c.deleted_ms IS NULL
		ORDER BY words.rowid LIMIT ?`
	partsInMessages = `SELECT m.id, m.chat_id, 0.0
		FROM trigrams CROSS JOIN messages m ON m.id = trigrams.rowid CROSS JOIN chats c ON c.id = m.chat_id
		WHERE trigrams MATCH ? AND trigrams.rowid > 0 AND c.deleted_ms IS NULL
			AND NOT EXISTS (SELECT 1 FROM json_each(?) t WHERE m.text NOT LIKE t.value ESCAPE '\')
		ORDER BY trigrams.rowid DESC LIMIT ?`
	partsInTitles = `SELECT trigrams.rowid, c.id, 0.0
		FROM trigrams CROSS JOIN chats c ON c.id = -trigrams.rowid
		WHERE trigrams MATCH ? AND trigrams.rowid < 0 AND c.deleted_ms IS NULL
			AND NOT EXISTS (SELECT 1 FROM json_each(?) t
				WHERE iif(c.title <> '', c.title, c.auto_title) NOT LIKE t.value ESCAPE '\')
		ORDER BY trigrams.rowid LIMIT ?`
	shortInMessages = `SELECT m.id, m.chat_id, 0.0 FROM messages m CROSS JOIN chats c ON c.id = m.chat_id
		WHERE instr(m.text, ?) AND m.state NOT IN ('waiting', 'writing') AND c.deleted_ms IS NULL
			AND NOT EXISTS (SELECT 1 FROM json_each(?) t WHERE m.text NOT LIKE t.value ESCAPE '\')
		ORDER BY m.id DESC LIMIT ?`
	shortInTitles = `SELECT -c.id, c.id, 0.0 FROM chats c
		WHERE instr(iif(c.title <> '', c.title, c.auto_title), ?) AND c.deleted_ms IS NULL
			AND NOT EXISTS (SELECT 1 FROM json_each(?) t
				WHERE iif(c.title <> '', c.title, c.auto_title) NOT LIKE t.value ESCAPE '\')
		ORDER BY c.id DESC LIMIT ?`
)

// listsOf returns the queries that together answer tokens.
func listsOf(tokens []string) []list {
	var lists []list
	if match := matchWords(tokens); match != "" {
		lists = append(lists,
			list{wordsInMessages, []any{match, candidatesMax}},
			list{wordsInTitles, []any{match, candidatesMax}})
	}
	long, short := splitByLength(tokens)
	patterns := likePatterns(short)
	unspaced := slices.IndexFunc(short, isUnspaced)
	switch {
	case len(long) > 0:
		match := strings.Join(long, " AND ")
		lists = append(lists,
			list{partsInMessages, []any{match, patterns, candidatesMax}},
			list{partsInTitles, []any{match, patterns, candidatesMax}})
	case unspaced >= 0:
		lists = append(lists,
			list{shortInMessages, []any{short[unspaced], patterns, candidatesMax}},
			list{shortInTitles, []any{short[unspaced], patterns, candidatesMax}})
	}
	return lists
}

// matchWords asks for all tokens as words, the last as the beginning of one from two characters on.
// Quoted, a token is never taken for an operator of FTS5.
func matchWords(tokens []string) string {
	var words []string
	for i, t := range tokens {
		if !strings.ContainsFunc(t, isWordRune) {
			continue
		}
		word := quote(t)
		if i == len(tokens)-1 && utf8.RuneCountInString(t) > 1 {
			word += " *"
		}
		words = append(words, word)
	}
	return strings.Join(words, " AND ")
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

func quote(token string) string { return `"` + strings.ReplaceAll(token, `"`, `""`) + `"` }

// splitByLength returns the tokens that trigrams can find, quoted, and those that are too short.
func splitByLength(tokens []string) (long, short []string) {
	for _, t := range tokens {
		if utf8.RuneCountInString(t) >= 3 {
			long = append(long, quote(t))
		} else {
			short = append(short, t)
		}
	}
	return long, short
}

var likeEscapes = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// likePatterns returns a JSON list of patterns that hold when a text holds the token.
func likePatterns(tokens []string) string {
	patterns := make([]string, len(tokens))
	for i, t := range tokens {
		patterns[i] = "%" + likeEscapes.Replace(t) + "%"
	}
	list, err := json.Marshal(patterns)
	if err != nil {
		panic(err) // a list of strings always has a JSON form
	}
	return string(list)
}

// isUnspaced says whether a token is of a script whose words are not set apart by spaces, or carry
// particles without a space.
func isUnspaced(token string) bool {
	for _, r := range token {
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
			unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) {
			return true
		}
	}
	return false
}
