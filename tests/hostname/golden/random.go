package main

import (
	"fmt"
	"math/rand"
	"strings"
)

// Makes templates of what mesh-dns supports; many of them fail, as Go's do. No floating-point numbers:
// of some of their formats mesh-dns has none.
type generator struct {
	*rand.Rand
	variables int
}

func (g *generator) pick(texts ...string) string { return texts[g.Intn(len(texts))] }

func (g *generator) list(depth int) string {
	var out strings.Builder
	for i := g.Intn(3); i >= 0; i-- {
		out.WriteString(g.node(depth))
	}
	return out.String()
}

func (g *generator) node(depth int) string {
	left, right := g.pick("{{", "{{ ", "{{- "), g.pick("}}", " }}", " -}}")
	switch n := g.Intn(10); {
	case n < 3 || depth == 0:
		return g.pick("a", ".svc.mesh", " b ", "-", "\n", "x.", "", " \t")
	case n < 7:
		return left + g.pipeline(2) + right
	case n < 8:
		g.variables++
		return left + fmt.Sprintf("$v%d := ", g.variables) + g.pipeline(2) + right
	default:
		word := g.pick("if", "with")
		text := left + word + " " + g.pipeline(2) + right + g.list(depth-1)
		if g.Intn(2) == 0 {
			text += "{{else}}" + g.list(depth-1)
		} else if g.Intn(3) == 0 {
			text += "{{else " + word + " " + g.pipeline(1) + "}}" + g.list(depth-1)
		}
		return text + left + "end" + right
	}
}

func (g *generator) pipeline(depth int) string {
	text := g.command(depth)
	for g.Intn(5) == 0 {
		text += g.pick(" | ", "|") + g.call(depth)
	}
	return text
}

func (g *generator) command(depth int) string {
	if g.Intn(2) == 0 {
		return g.call(depth)
	}
	return g.operand(depth)
}

func (g *generator) call(depth int) string {
	name := g.pick("print", "println", "printf", "printf", "printf", "len", "index", "slice", "eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not", "label")
	if name == "printf" {
		return name + " " + g.format() + g.arguments(depth, g.Intn(3))
	}
	if name == "label" {
		return name + " " + g.pick(`"team"`, `"empty"`, `"nope"`, "`count`", ".Zone")
	}
	return name + g.arguments(depth, 1+g.Intn(3))
}

func (g *generator) arguments(depth, count int) string {
	var out strings.Builder
	for ; count > 0; count-- {
		out.WriteString(g.pick(" ", "  ") + g.operand(depth-1))
	}
	return out.String()
}

func (g *generator) operand(depth int) string {
	switch n := g.Intn(12); {
	case n < 4:
		return g.pick(".Name", ".DisplayName", ".Namespace", ".Mesh", ".Zone", "$.Zone")
	case n < 6:
		return g.pick(`"a"`, `""`, "`b`", `"west"`, `"a-b"`, `"7"`)
	case n < 8:
		return g.pick("0", "1", "2", "-1", "3", "0x10", "'a'", "5")
	case n < 9:
		return g.pick("true", "false", "nil")
	case n < 10 && g.variables > 0:
		return fmt.Sprintf("$v%d", 1+g.Intn(g.variables))
	case depth > 0:
		return "(" + g.pipeline(depth-1) + ")"
	}
	return ".Name"
}

func (g *generator) format() string {
	var out strings.Builder
	out.WriteString(`"`)
	for i := g.Intn(3); i >= 0; i-- {
		out.WriteString(g.pick("", "a", "-", ".", "%%"))
		out.WriteString("%" + g.pick("", "", "", "-", "0", "+", "-0") + g.pick("", "", "", "1", "4", "8") + g.pick("", "", "", ".0", ".2", ".4"))
		out.WriteString(g.pick("s", "s", "v", "d", "d", "x", "X", "t", "c", "o", "T", "z"))
	}
	out.WriteString(`"`)
	return out.String()
}
