package template

import "fmt"

// filters reads what may follow an operand: |filter, is test, and calls.
func (p *parser) filters(e expr) expr {
	for links := 0; ; links++ {
		p.chain(links)
		line := p.cur().line
		switch {
		case p.skipOp("|"):
			e = p.filter(e)
		case p.skipName("is"):
			e = p.test(line, e)
		case p.isOp("("):
			e = &callExpr{line, e, p.arguments()}
		default:
			return e
		}
	}
}

// pipeline reads the filters of a block, at least one.
func (p *parser) pipeline() *filterExpr {
	f := p.filter(nil)
	for p.skipOp("|") {
		f = p.filter(f)
	}
	return f
}

func (p *parser) dottedName() string {
	name := p.expectName()
	for p.skipOp(".") {
		name += "." + p.expectName()
	}
	return name
}

func (p *parser) filter(in expr) *filterExpr {
	f := &filterExpr{line: p.cur().line, in: in, name: p.dottedName(), args: &callArgs{}}
	if p.isOp("(") {
		f.args = p.arguments()
	}
	if _, ok := builtins.filters[f.name]; !ok {
		p.missing(f.line, "filter", f.name)
	}
	return f
}

// missing remembers an unknown filter or test. Inside an if it only matters once it is reached.
func (p *parser) missing(line int, kind, name string) {
	if !p.soft {
		p.unknown = append(p.unknown, &Error{line, fmt.Errorf("no %s named %s", kind, quote(name))})
	}
}

func (p *parser) test(line int, in expr) expr {
	negated := p.skipName("not")
	t := &testExpr{line: line, in: in, name: p.dottedName(), args: &callArgs{}}
	if p.isOp("(") {
		t.args = p.arguments()
	} else if p.startsArgument() {
		t.args.pos = []expr{p.postfix(p.primary())}
	}
	if _, ok := builtins.tests[t.name]; !ok {
		p.missing(line, "test", t.name)
	}
	if negated {
		return &notExpr{t}
	}
	return t
}

// startsArgument says whether the argument of a test follows without parentheses.
func (p *parser) startsArgument() bool {
	t := p.cur()
	switch t.kind {
	case tokenString, tokenNumber:
		return true
	case tokenOperator:
		return t.text == "[" || t.text == "{"
	case tokenName:
		if t.text == "is" {
			p.fail("tests cannot be chained with is")
		}
		return t.text != "else" && t.text != "or" && t.text != "and"
	}
	return false
}
