package template

import "fmt"

const (
	sourceMax  = 1 << 20 // bytes of a template
	nestingMax = 600     // of tags and brackets
)

type parser struct {
	tokens  []token
	at      int
	depth   int
	loops   int         // open loops of this macro
	soft    bool        // inside an if, where Jinja looks filters up only when it comes to them
	macros  []*macroDef // open macros
	unknown []*Error    // filters and tests that do not exist
}

func parse(source string) (b body, err error) {
	defer catch(&err)
	if len(source) > sourceMax {
		return nil, fmt.Errorf("chat template: %w: it is longer than 1 MiB", ErrLimit)
	}
	p := &parser{tokens: lex(source)}
	b = p.statements()
	if len(p.unknown) > 0 {
		return nil, p.unknown[0]
	}
	return b, nil
}

func (p *parser) cur() *token { return &p.tokens[p.at] }

func (p *parser) peek() *token { return &p.tokens[min(p.at+1, len(p.tokens)-1)] }

func (p *parser) next() *token {
	t := p.cur()
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

func (p *parser) fail(format string, a ...any) {
	throw(p.cur().line, fmt.Errorf(format, a...))
}

func (p *parser) isOp(op string) bool { t := p.cur(); return t.kind == tokenOperator && t.text == op }

func (p *parser) isName(name string) bool { return p.cur().is(name) }

func (t *token) is(name string) bool { return t.kind == tokenName && t.text == name }

func (p *parser) skipOp(op string) bool {
	ok := p.isOp(op)
	if ok {
		p.at++
	}
	return ok
}

func (p *parser) skipName(name string) bool {
	ok := p.isName(name)
	if ok {
		p.at++
	}
	return ok
}

func (p *parser) expectOp(op string) {
	if !p.skipOp(op) {
		p.fail("expected %q, got %s", op, p.cur())
	}
}

func (p *parser) expectName() string {
	if p.cur().kind != tokenName {
		p.fail("expected a name, got %s", p.cur())
	}
	return p.next().text
}

func (p *parser) expect(kind tokenKind) {
	if p.cur().kind != kind {
		p.fail("expected %s, got %s", &token{kind: kind}, p.cur())
	}
	p.at++
}

// String names the token in an error.
func (t *token) String() string {
	switch t.kind {
	case tokenEnd:
		return "the end of the template"
	case tokenPrintBegin:
		return "{{"
	case tokenPrintEnd:
		return "}}"
	case tokenTagBegin:
		return "{%"
	case tokenTagEnd:
		return "%}"
	}
	return fmt.Sprintf("%q", t.text)
}

// enter guards against templates that would exhaust the stack.
func (p *parser) enter() {
	if p.depth++; p.depth > nestingMax {
		throw(p.cur().line, fmt.Errorf("%w: it is nested too deeply", ErrLimit))
	}
}

func (p *parser) leave() { p.depth-- }

// statements reads up to one of the tags in ends, which becomes the current token, or to the end of the template if there are none.
func (p *parser) statements(ends ...string) body {
	p.enter()
	defer p.leave()
	var b body
	for {
		t := p.next()
		switch t.kind {
		case tokenEnd:
			if len(ends) > 0 {
				p.fail("the template ends before %q", ends[len(ends)-1])
			}
			return b
		case tokenData:
			b = append(b, textStmt(t.text))
		case tokenPrintBegin:
			b = append(b, &printStmt{t.line, p.tuple(true)})
			p.expect(tokenPrintEnd)
		case tokenTagBegin:
			for _, end := range ends {
				if p.isName(end) {
					return b
				}
			}
			b = append(b, p.statement()...)
			p.expect(tokenTagEnd)
		}
	}
}

// block reads the body of a tag; the end tag's name is left as the current token.
func (p *parser) block(ends ...string) body {
	p.skipOp(":")
	p.expect(tokenTagEnd)
	return p.statements(ends...)
}

// scoped reads a body as one that Jinja compiles apart from an enclosing if.
func (p *parser) scoped(ends ...string) body {
	soft := p.soft
	p.soft = false
	b := p.block(ends...)
	p.soft = soft
	return b
}

func (p *parser) statement() []stmt {
	line := p.cur().line
	switch tag := p.expectName(); tag {
	case "if":
		return one(p.ifTag())
	case "for":
		return one(p.forTag(line))
	case "set":
		return one(p.setTag(line))
	case "macro":
		return one(p.macroTag(line))
	case "call":
		return one(p.callTag(line))
	case "filter":
		return one(p.filterTag())
	case "with":
		return one(p.withTag(line))
	case "print":
		return p.printTag(line)
	case "break", "continue":
		return one(p.loopTag(tag))
	case "generation":
		b := p.macroBody(&macroDef{}, "endgeneration")
		p.next()
		return one(&scopeStmt{body: b})
	case "autoescape":
		return one(p.autoescapeTag())
	case "block":
		return one(p.blockTag())
	case "include", "import", "from", "extends", "do", "debug", "trans":
		p.fail("the tag %q is not supported", tag)
	default:
		p.fail("unknown tag %q", tag)
	}
	return nil
}

func one(s stmt) []stmt { return []stmt{s} }

func (p *parser) ifTag() stmt {
	s := &ifStmt{}
	soft := p.soft
	p.soft = true
	for {
		s.tests = append(s.tests, p.tuple(false))
		s.bodies = append(s.bodies, p.block("elif", "else", "endif"))
		tag := p.next().text
		if tag == "elif" {
			continue
		}
		if tag == "else" {
			s.else_ = p.block("endif")
			p.next()
		}
		p.soft = soft
		return s
	}
}

func (p *parser) forTag(line int) stmt {
	p.loops++
	s := &forStmt{line: line, target: p.target(false)}
	if !p.skipName("in") {
		p.fail("expected \"in\", got %s", p.cur())
	}
	s.iter = p.tuple(false)
	if p.skipName("if") {
		s.test = p.expression()
	}
	s.recursive = p.skipName("recursive")
	s.body = p.scoped("endfor", "else")
	p.loops--
	if p.next().text == "else" {
		s.else_ = p.scoped("endfor")
		p.next()
	}
	return s
}

func (p *parser) setTag(line int) stmt {
	t := p.target(true)
	if p.skipOp("=") {
		return &setStmt{line, t, p.tuple(true)}
	}
	s := &setBlock{line: line, target: t}
	if p.skipOp("|") {
		s.filter = p.pipeline()
	}
	s.body = p.scoped("endset")
	p.next()
	return s
}

func (p *parser) filterTag() stmt {
	f := p.pipeline()
	b := p.scoped("endfilter")
	p.next()
	return &filterStmt{f, b}
}

func (p *parser) withTag(line int) stmt {
	s := &withStmt{line: line}
	for p.cur().kind != tokenTagEnd {
		if len(s.targets) > 0 {
			p.expectOp(",")
		}
		s.targets = append(s.targets, p.target(false))
		p.expectOp("=")
		s.values = append(s.values, p.expression())
	}
	s.body = p.scoped("endwith")
	p.next()
	return s
}

func (p *parser) macroTag(line int) stmt {
	m := &macroDef{line: line, name: p.expectName()}
	p.signature(m)
	m.body = p.macroBody(m, "endmacro")
	p.next()
	return &macroStmt{m}
}

func (p *parser) callTag(line int) stmt {
	m := &macroDef{line: line}
	if p.isOp("(") {
		p.signature(m)
	}
	call, ok := p.expression().(*callExpr)
	if !ok {
		p.fail("expected a call")
	}
	m.body = p.macroBody(m, "endcall")
	p.next()
	return &callStmt{line, call, m}
}

func (p *parser) signature(m *macroDef) {
	p.expectOp("(")
	for !p.skipOp(")") {
		if len(m.params) > 0 {
			p.expectOp(",")
		}
		m.params = append(m.params, p.expectName())
		if p.skipOp("=") {
			m.defaults = append(m.defaults, p.expression())
		} else if len(m.defaults) > 0 {
			p.fail("a parameter without a default follows one with a default")
		}
	}
}

// macroBody reads a body that is run apart from the loops around it.
func (p *parser) macroBody(m *macroDef, end string) body {
	loops := p.loops
	p.loops = 0
	p.macros = append(p.macros, m)
	b := p.scoped(end)
	p.macros = p.macros[:len(p.macros)-1]
	p.loops = loops
	return b
}

func (p *parser) printTag(line int) []stmt {
	var b []stmt
	for p.cur().kind != tokenTagEnd {
		if len(b) > 0 {
			p.expectOp(",")
		}
		b = append(b, &printStmt{line, p.expression()})
	}
	return b
}

func (p *parser) loopTag(tag string) stmt {
	if p.loops == 0 {
		p.fail("%q outside a loop", tag)
	}
	if tag == "break" {
		return loopStmt(breakLoop)
	}
	return loopStmt(nextLoop)
}

// autoescapeTag reads a tag that turns escaping off, which it is already.
func (p *parser) autoescapeTag() stmt {
	if !p.skipName("false") {
		p.fail("autoescape can only be false")
	}
	b := p.macroBody(&macroDef{}, "endautoescape")
	p.next()
	return &scopeStmt{body: b}
}

// blockTag reads a block. Nothing can extend a chat template, so it stands for its body.
func (p *parser) blockTag() stmt {
	name := p.expectName()
	scoped := p.skipName("scoped")
	p.skipName("required")
	b := p.macroBody(&macroDef{}, "endblock")
	p.next()
	p.skipName(name)
	return &scopeStmt{root: !scoped, body: b}
}
