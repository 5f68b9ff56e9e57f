package trust

import (
	"context"
	"errors"
	"io"
	"time"
)

// first tries each of the places, the next one when the last has failed or has had its head start, and returns what the
// first attempt that succeeds returns. The others are cancelled, and closed if they succeed nevertheless. The error of a
// failure joins those of all attempts.
func first[P any, C io.Closer](
	ctx context.Context, places []P, headStart time.Duration, attempt func(context.Context, P) (C, error),
) (C, error) {
	type result struct {
		conn C
		err  error
	}
	var none C
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan result)
	try := func(place P) {
		conn, err := attempt(ctx, place)
		select {
		case results <- result{conn, err}:
		case <-ctx.Done(): // nobody waits any more
			if err == nil {
				conn.Close()
			}
		}
	}
	next := time.NewTimer(0)
	defer next.Stop()
	var problems []error
	for started := 0; len(problems) < len(places); {
		select {
		case <-next.C:
			if started < len(places) {
				go try(places[started])
				started++
				next.Reset(headStart)
			}
		case r := <-results:
			if r.err == nil {
				return r.conn, nil
			}
			problems = append(problems, r.err)
			next.Reset(0)
		case <-ctx.Done():
			return none, errors.Join(append(problems, ctx.Err())...)
		}
	}
	return none, errors.Join(problems...)
}
