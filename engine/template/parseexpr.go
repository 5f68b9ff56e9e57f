package template

import "fmt"

// tuple reads an expression, or several with commas between them.
func (p *parser) tuple(cond bool) expr {
	one := p.operand
	if cond {
		one = p.expression
	}
	if p.tupleEnd() {
		p.fail("expected an expression, got %s", p.cur())
	}
	first := one()
	if !p.isOp(",") {
		return first
	}
	t := &tupleExpr{[]expr{first}}
	for p.skipOp(",") && !p.tupleEnd() {
		t.items = append(t.items, one())
	}
	return t
}

func (p *parser) tupleEnd() bool {
	k := p.cur().kind
	return k == tokenPrintEnd || k == tokenTagEnd || p.isOp(")")
}

// expression reads an expression with an inline if.
func (p *parser) expression() expr {
	p.enter()
	defer p.leave()
	known := len(p.unknown)
	line := p.cur().line
	e := p.operand()
	for links := 0; p.skipName("if"); links++ {
		p.chain(links)
		c := &condExpr{line: line, then: e}
		c.test = p.operand()
		if p.skipName("else") {
			c.else_ = p.expression()
		}
		e = c
		p.unknown = p.unknown[:known]
	}
	return e
}

// operand reads an expression without an inline if.
func (p *parser) operand() expr { return p.or() }

// chain bounds how many operators of one kind follow each other, since each makes the tree one deeper.
func (p *parser) chain(links int) {
	if links > 500 {
		throw(p.cur().line, fmt.Errorf("%w: an expression is too long", ErrLimit))
	}
}

func (p *parser) or() expr {
	e := p.and()
	for links := 0; p.skipName("or"); links++ {
		p.chain(links)
		e = &logicExpr{true, e, p.and()}
	}
	return e
}

func (p *parser) and() expr {
	e := p.not()
	for links := 0; p.skipName("and"); links++ {
		p.chain(links)
		e = &logicExpr{false, e, p.not()}
	}
	return e
}

func (p *parser) not() expr {
	p.enter()
	defer p.leave()
	if p.skipName("not") {
		return &notExpr{p.not()}
	}
	return p.compare()
}

func (p *parser) compare() expr {
	line := p.cur().line
	e := p.sum()
	var ops []comparison
	for {
		op := ""
		switch t := p.cur(); {
		case t.kind == tokenOperator && (t.text == "==" || t.text == "!=" || t.text == "<" || t.text == "<=" || t.text == ">" || t.text == ">="):
			op = t.text
		case t.is("in"):
			op = "in"
		case t.is("not") && p.peek().is("in"):
			p.at++
			op = "not in"
		}
		if op == "" {
			break
		}
		p.at++
		ops = append(ops, comparison{op, p.sum()})
	}
	if ops == nil {
		return e
	}
	return &compareExpr{line, e, ops}
}

// binary reads operands with any of ops between them, grouped from the left.
func (p *parser) binary(operand func() expr, ops ...string) expr {
	line := p.cur().line
	e := operand()
	for links := 0; ; links++ {
		op := p.anyOp(ops)
		if op == "" {
			return e
		}
		p.chain(links)
		e = &binaryExpr{line, op, e, operand()}
		line = p.cur().line
	}
}

func (p *parser) anyOp(ops []string) string {
	for _, op := range ops {
		if p.skipOp(op) {
			return op
		}
	}
	return ""
}

func (p *parser) sum() expr     { return p.binary(p.concat, "+", "-") }
func (p *parser) product() expr { return p.binary(p.power, "*", "/", "//", "%") }
func (p *parser) power() expr   { return p.binary(func() expr { return p.unary(true) }, "**") }

func (p *parser) concat() expr {
	e := p.product()
	if !p.isOp("~") {
		return e
	}
	c := &concatExpr{[]expr{e}}
	for p.skipOp("~") {
		c.parts = append(c.parts, p.product())
	}
	return c
}

func (p *parser) unary(filtered bool) expr {
	p.enter()
	defer p.leave()
	line := p.cur().line
	var e expr
	if op := p.anyOp([]string{"-", "+"}); op != "" {
		e = &unaryExpr{line, op, p.unary(false)}
	} else {
		e = p.primary()
	}
	e = p.postfix(e)
	if filtered {
		e = p.filters(e)
	}
	return e
}

var literals = map[string]value{
	"true": boolean(true), "True": boolean(true), "false": boolean(false), "False": boolean(false), "none": none{}, "None": none{},
}

func (p *parser) primary() expr {
	t := p.cur()
	switch {
	case t.kind == tokenName:
		p.at++
		if v, ok := literals[t.text]; ok {
			return &constExpr{v}
		}
		p.noteName(t.text)
		return &nameExpr{t.line, t.text}
	case t.kind == tokenString:
		s := ""
		for p.cur().kind == tokenString {
			s += p.next().text
		}
		return &constExpr{str(s)}
	case t.kind == tokenNumber:
		p.at++
		return &constExpr{t.number}
	case p.skipOp("("):
		return p.parenthesis()
	case p.skipOp("["):
		return &listExpr{p.commaList("]")}
	case p.skipOp("{"):
		return p.dict(t.line)
	}
	p.fail("unexpected %s", t)
	return nil
}

// noteName tells the macros around which special names their bodies use.
func (p *parser) noteName(name string) {
	for _, m := range p.macros {
		switch name {
		case "caller":
			m.useCaller = true
		case "kwargs":
			m.useNamed = true
		case "varargs":
			m.useRest = true
		}
	}
}

func (p *parser) parenthesis() expr {
	if p.skipOp(")") {
		return &tupleExpr{}
	}
	e := p.tuple(true)
	p.expectOp(")")
	return e
}

// commaList reads expressions up to the closing bracket.
func (p *parser) commaList(end string) []expr {
	var list []expr
	for !p.skipOp(end) {
		if len(list) > 0 {
			p.expectOp(",")
			if p.skipOp(end) {
				break
			}
		}
		list = append(list, p.expression())
	}
	return list
}

func (p *parser) dict(line int) expr {
	d := &dictExpr{line: line}
	for !p.skipOp("}") {
		if len(d.keys) > 0 {
			p.expectOp(",")
			if p.skipOp("}") {
				break
			}
		}
		d.keys = append(d.keys, p.expression())
		p.expectOp(":")
		d.values = append(d.values, p.expression())
	}
	return d
}

// postfix reads look-ups and calls.
func (p *parser) postfix(e expr) expr {
	for links := 0; ; links++ {
		p.chain(links)
		line := p.cur().line
		switch {
		case p.skipOp("."):
			e = p.attribute(line, e)
		case p.skipOp("["):
			e = &itemExpr{line, e, p.subscript()}
		case p.isOp("("):
			e = &callExpr{line, e, p.arguments()}
		default:
			return e
		}
	}
}

func (p *parser) attribute(line int, obj expr) expr {
	t := p.next()
	if t.kind == tokenName {
		return &attrExpr{line, obj, t.text}
	}
	if _, ok := t.number.(integer); !ok {
		p.fail("expected a name or a number after the dot, got %s", t)
	}
	return &itemExpr{line, obj, &constExpr{t.number}}
}

func (p *parser) subscript() expr {
	var keys []expr
	for !p.skipOp("]") {
		if len(keys) > 0 {
			p.expectOp(",")
		}
		keys = append(keys, p.slice())
	}
	if len(keys) == 1 {
		return keys[0]
	}
	return &tupleExpr{keys}
}

// slice reads start:stop:step, or a plain key.
func (p *parser) slice() expr {
	var parts [3]expr
	colons := 0
	for {
		if !p.isOp(":") && !p.isOp("]") && !p.isOp(",") {
			parts[colons] = p.expression()
		}
		if colons == 2 || !p.skipOp(":") {
			break
		}
		colons++
	}
	if colons > 0 {
		return &sliceExpr{parts[0], parts[1], parts[2]}
	}
	if parts[0] == nil {
		p.fail("expected an expression, got %s", p.cur())
	}
	return parts[0]
}

// arguments reads a call's parentheses.
func (p *parser) arguments() *callArgs {
	a := &callArgs{}
	p.expectOp("(")
	for first := true; !p.skipOp(")"); first = false {
		if !first {
			p.expectOp(",")
			if p.skipOp(")") {
				break
			}
		}
		p.argument(a)
	}
	return a
}

func (p *parser) argument(a *callArgs) {
	plain := a.spread == nil && a.spread2 == nil
	switch {
	case plain && p.skipOp("*"):
		a.spread = p.expression()
	case a.spread2 == nil && p.skipOp("**"):
		a.spread2 = p.expression()
	case a.spread2 == nil && p.cur().kind == tokenName && p.peek().kind == tokenOperator && p.peek().text == "=":
		a.names = append(a.names, p.next().text)
		p.at++
		a.named = append(a.named, p.expression())
	case plain && len(a.named) == 0:
		a.pos = append(a.pos, p.expression())
	default:
		p.fail("the arguments of a call are in the wrong order")
	}
}
