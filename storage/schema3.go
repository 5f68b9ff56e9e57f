package storage

// schema3 bounds the ledger: the newest 100,000 rows, ledgerMax, can be removed by nobody, those before them can. Rows are
// counted and not dated, since a clock that once goes wrong would clear all that is older than so many days.
const schema3 = `
DROP TRIGGER ledger_whole;
CREATE TRIGGER ledger_whole BEFORE DELETE ON ledger WHEN old.id > (SELECT max(id) FROM ledger) - 100000 BEGIN
	SELECT raise(ABORT, 'the newest of the ledger stay');
END;
`
