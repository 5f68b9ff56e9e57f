package template

import "errors"

// target reads what is assigned to. An attribute is allowed where a namespace may be set.
func (p *parser) target(attr bool) target {
	p.enter()
	defer p.leave()
	first := p.simpleTarget(attr)
	if first.attr != "" || !p.isOp(",") {
		return first
	}
	t := target{line: first.line, parts: []target{first}}
	for p.skipOp(",") {
		if p.cur().kind != tokenName && !p.isOp("(") || p.isName("in") {
			break
		}
		t.parts = append(t.parts, p.simpleTarget(false))
	}
	return t
}

func (p *parser) simpleTarget(attr bool) target {
	line := p.cur().line
	if p.skipOp("(") {
		t := p.target(false)
		p.expectOp(")")
		return t
	}
	name := p.expectName()
	switch name {
	case "true", "false", "none", "True", "False", "None":
		throw(line, errors.New("cannot assign to "+name))
	case "loop":
		if p.loops > 0 {
			throw(line, errors.New("cannot assign to loop inside a loop"))
		}
	}
	if attr && p.skipOp(".") {
		return target{line: line, name: name, attr: p.expectName()}
	}
	return target{line: line, name: name}
}
