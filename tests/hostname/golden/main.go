// Records what Go's text/template makes of templates, executed as Kuma executes a HostnameGenerator's:
// with the fields of a service and the function label. The C++ tests read the result as data.
//
// Usage: go run . > golden.tsv; go run . -random 2000 > random.tsv
// A line is: rule, outcome (ok, parse, exec, refused), template, result; \t \n \r \\ and \xHH escaped.
// "refused" marks what Go accepts and mesh-dns refuses by name.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"strings"
	"text/template"
)

type data struct{ Name, DisplayName, Namespace, Mesh, Zone string }

var service = data{"redis-x9f", "redis", "", "default", "west"}

var labels = map[string]string{
	"team": "db", "empty": "", "kuma.io/display-name": "redis", "kuma.io/zone": "west",
	"k8s.kuma.io/service-name": "svc", "count": "7",
}

func run(text string) (string, string) {
	funcs := template.FuncMap{"label": func(key string) (string, error) {
		value, ok := labels[key]
		if !ok {
			return "", fmt.Errorf("label %s not found", key)
		}
		return value, nil
	}}
	parsed, err := template.New("").Funcs(funcs).Parse(text)
	if err != nil {
		return "parse", ""
	}
	var out strings.Builder
	if err := parsed.Execute(&out, service); err != nil {
		return "exec", ""
	}
	return "ok", out.String()
}

func escape(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			out.WriteString(`\\`)
		case c == '\t':
			out.WriteString(`\t`)
		case c == '\n':
			out.WriteString(`\n`)
		case c == '\r':
			out.WriteString(`\r`)
		case c < 0x20 || c >= 0x7f:
			fmt.Fprintf(&out, `\x%02x`, c)
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

var out = bufio.NewWriter(os.Stdout)

func record(rule, text string, refused bool) {
	outcome, result := run(text)
	if refused {
		if outcome != "ok" {
			fmt.Fprintf(os.Stderr, "%s: %q: Go refuses it too (%s)\n", rule, text, outcome)
			os.Exit(1)
		}
		outcome, result = "refused", ""
	}
	fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", rule, outcome, escape(text), escape(result))
}

type group struct {
	rule      string
	refused   bool
	templates []string
}

func main() {
	random := flag.Int("random", 0, "number of random templates to record instead of the table")
	flag.Parse()
	defer out.Flush()
	if *random > 0 {
		source := rand.New(rand.NewSource(1))
		for i := 0; i < *random; i++ {
			record("random", (&generator{source, 0}).list(2), false)
		}
		return
	}
	for _, g := range groups {
		for _, text := range g.templates {
			record(g.rule, text, g.refused)
		}
	}
}
