package template

// library holds the builtins by name.
type library struct {
	filters, tests map[string]builtin
	methods        map[string]map[string]builtin // by type
}

var builtins = &library{allFilters(), allTests(), allMethods()}
