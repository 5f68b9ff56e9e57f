package template

// expr is an expression of the template.
type expr interface {
	eval(s *state, sc *scope) value
}

// stmt is a statement, or text between statements.
type stmt interface {
	exec(s *state, sc *scope) control
}

// control says how a statement ended.
type control int

const (
	goOn control = iota
	breakLoop
	nextLoop
)

type body []stmt

// Expressions.
type (
	constExpr struct{ v value }
	nameExpr  struct {
		line int
		name string
	}
	listExpr  struct{ items []expr }
	tupleExpr struct{ items []expr }
	dictExpr  struct {
		line         int
		keys, values []expr
	}
	attrExpr struct {
		line int
		obj  expr
		name string
	}
	itemExpr struct {
		line     int
		obj, key expr
	}
	sliceExpr struct{ start, stop, step expr } // nil: left out
	callExpr  struct {
		line int
		fn   expr
		args *callArgs
	}
	filterExpr struct {
		line int
		in   expr // nil: the body of a filter block
		name string
		args *callArgs
	}
	testExpr struct {
		line int
		in   expr
		name string
		args *callArgs
	}
	binaryExpr struct {
		line        int
		op          string
		left, right expr
	}
	unaryExpr struct {
		line int
		op   string
		in   expr
	}
	concatExpr  struct{ parts []expr }
	compareExpr struct {
		line int
		left expr
		ops  []comparison
	}
	logicExpr struct {
		or          bool
		left, right expr
	}
	notExpr  struct{ in expr }
	condExpr struct {
		line              int
		test, then, else_ expr // else_ may be nil
	}
)

type comparison struct {
	op    string
	right expr
}

type callArgs struct {
	pos             []expr
	names           []string
	named           []expr
	spread, spread2 expr // *args and **kwargs, or nil
}

// Statements.
type (
	textStmt  string
	printStmt struct {
		line int
		in   expr
	}
	ifStmt struct {
		tests  []expr
		bodies []body
		else_  body
	}
	forStmt struct {
		line        int
		target      target
		iter, test  expr // test may be nil
		recursive   bool
		body, else_ body
	}
	setStmt struct {
		line   int
		target target
		in     expr
	}
	setBlock struct {
		line   int
		target target
		filter *filterExpr // may be nil
		body   body
	}
	macroStmt struct{ def *macroDef }
	callStmt  struct {
		line int
		call *callExpr
		def  *macroDef
	}
	filterStmt struct {
		filter *filterExpr
		body   body
	}
	withStmt struct {
		line    int
		targets []target
		values  []expr
		body    body
	}
	scopeStmt struct { // a block or a generation tag: its own scope, or the root's
		root bool
		body body
	}
	loopStmt control // break or continue
)

// target is what a value is assigned to: a name, an attribute of a namespace, or several targets.
type target struct {
	line  int
	name  string
	attr  string
	parts []target // if set, a tuple to unpack
}

type macroDef struct {
	line                         int
	name                         string
	params                       []string
	defaults                     []expr // of the last parameters
	body                         body
	useCaller, useNamed, useRest bool // whether the body speaks of caller, kwargs, varargs
}
