package storage

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Hit is a chat that matches a query.
type Hit struct {
	Chat    Chat
	Message int64    // the message that matches best; 0 when the title does
	Excerpt string   // around the match, on one line
	Marks   [][2]int // half-open byte ranges of Excerpt that match
}

const (
	candidatesMax = 400 // of each of the lists that are fused, the newest
	hitsMax       = 100
	queryMax      = 16 // tokens
	fuse          = 60 // reciprocal rank fusion adds 1/(fuse+rank); Cormack, Clarke, Büttcher 2009
)

// Search returns the chats whose title or messages, on any branch, hold every word of the query, the
// best first. The last word may be incomplete; diacritics and case do not matter. Parts of words
// count too, from three characters on, and in scripts written without spaces from one.
func (s *Store) Search(ctx context.Context, query string) ([]Hit, error) {
	tokens := tokenize(query)
	if len(tokens) == 0 {
		return nil, nil
	}
	hits, err := s.search(ctx, tokens)
	if !isIndexDamaged(err) {
		return hits, err
	}
	err = s.rebuild(ctx)
	if err != nil {
		return nil, err
	}
	return s.search(ctx, tokens)
}

func tokenize(query string) []string {
	fields := strings.FieldsFunc(query, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	return fields[:min(len(fields), queryMax)]
}

func (s *Store) search(ctx context.Context, tokens []string) ([]Hit, error) {
	found := map[int64]scored{}
	for _, l := range listsOf(tokens) {
		candidates, err := collect(ctx, s.read, "search", scanCandidate, l.query, l.args...)
		if err != nil {
			return nil, err
		}
		addRanks(found, candidates)
	}
	return s.hits(ctx, bestOfChats(found), tokens)
}

// candidate is a message, or a title under the negative id of its chat.
type candidate struct {
	document, chat int64
	rank           float64 // the smaller, the better
}

func scanCandidate(rows *sql.Rows) (c candidate, err error) {
	err = rows.Scan(&c.document, &c.chat, &c.rank)
	return c, err
}

type scored struct {
	candidate
	score float64
}

func addRanks(found map[int64]scored, list []candidate) {
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(a.rank, b.rank) })
	for i, c := range list {
		found[c.document] = scored{c, found[c.document].score + 1/float64(fuse+i+1)}
	}
}

// bestOfChats returns the best candidate of each chat, the best chat first. A chat whose title
// matches too counts for more.
func bestOfChats(found map[int64]scored) []scored {
	best := map[int64]scored{}
	for document, d := range found {
		b, ok := best[d.chat]
		if !ok || d.score > b.score || d.score == b.score && document > b.document {
			best[d.chat] = d
		}
	}
	for chat, b := range best {
		if b.document > 0 {
			b.score += found[-chat].score
			best[chat] = b
		}
	}
	sorted := slices.SortedFunc(maps.Values(best), func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.chat, a.chat))
	})
	return sorted[:min(len(sorted), hitsMax)]
}

// hits reads what is shown of the chats and texts that were found.
func (s *Store) hits(ctx context.Context, best []scored, tokens []string) ([]Hit, error) {
	chats, err := s.chatsOf(ctx, best)
	if err != nil {
		return nil, err
	}
	texts, err := s.textsOf(ctx, best)
	if err != nil {
		return nil, err
	}
	var hits []Hit
	for _, b := range best {
		chat, ok := chats[b.chat]
		if !ok {
			continue // deleted meanwhile
		}
		hit := Hit{Chat: chat, Message: max(b.document, 0)}
		text := chat.Title
		if hit.Message != 0 {
			text = texts[hit.Message]
		}
		hit.Excerpt, hit.Marks = excerpt(text, tokens)
		hits = append(hits, hit)
	}
	return hits, nil
}

func (s *Store) chatsOf(ctx context.Context, of []scored) (map[int64]Chat, error) {
	ids := idList(of, func(c scored) int64 { return c.chat })
	rows, err := collect(ctx, s.read, "search", scanChat, selectChats+`AND c.id IN (SELECT value FROM json_each(?))`, ids)
	chats := make(map[int64]Chat, len(rows))
	for _, c := range rows {
		chats[c.ID] = c
	}
	return chats, err
}

type document struct {
	id   int64
	text string
}

func scanDocument(rows *sql.Rows) (d document, err error) {
	err = rows.Scan(&d.id, &d.text)
	return d, err
}

func (s *Store) textsOf(ctx context.Context, of []scored) (map[int64]string, error) {
	ids := idList(of, func(c scored) int64 { return c.document })
	rows, err := collect(ctx, s.read, "search", scanDocument,
		`SELECT id, text FROM messages WHERE id IN (SELECT value FROM json_each(?))`, ids)
	texts := make(map[int64]string, len(rows))
	for _, d := range rows {
		texts[d.id] = d.text
	}
	return texts, err
}

func idList(of []scored, id func(scored) int64) string {
	var b strings.Builder
	for i, c := range of {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(id(c), 10))
	}
	return "[" + b.String() + "]"
}
