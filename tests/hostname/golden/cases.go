package main

var groups = []group{
	{"text is copied", false, []string{
		"", "redis.mesh", "a b\tc", "{", "}}", "}", "{ {", "{{/* c */}}", "a{{/* c\nd */}}b", "x}}y", "ü.mesh",
	}},
	{"fields", false, []string{
		"{{.Name}}", "{{ .Name }}", "{{ .DisplayName }}.svc.mesh.local", "{{.Namespace}}.{{.Mesh}}.{{.Zone}}",
		"{{ .Nope }}", "{{ .name }}", "{{.Name.Length}}", "{{ . Name }}", "{{ $.Name }}", "{{ $ . }}", "{{.Name}}{{.Zone}}",
		"{{ .Name \"x\" }}", "{{ \"x\" | .Name }}", "{{ .Name }", "{{ .Name", "{{", "{{}}", "{{ }}", "{{.Name}}}",
		"{{ (.Name) }}", "{{ (.).Name }}", "{{ ($).Zone }}", "{{ (.Name).Zone }}", "{{ ( . ).Name.Zone }}",
	}},
	{"labels", false, []string{
		"{{ label \"team\" }}.mesh", "{{ label `team` }}.mesh", "{{ label \"nope\" }}", "{{ label \"empty\" }}x",
		"{{ label 'x' }}", "{{ label 'team' }}", "{{ label }}", "{{ label \"a\" \"b\" }}", "{{ label team }}",
		"{{ \"team\" | label }}", "{{ label (print \"te\" \"am\") }}", "{{ label .Name }}", "{{ label 1 }}", "{{ label nil }}",
		"{{ label true }}", "{{ label \"kuma.io/zone\" }}", "{{ label \"k8s.kuma.io/service-name\" }}.{{ .Zone }}", "{{label\"team\"}}",
		"{{ label (len .Name) }}", "{{ 1 | label }}", "{{ nil | label }}", "{{ label .Zone }}", "{{ label . }}", "{{ label $ }}",
	}},
	{"trim markers", false, []string{
		"a {{- .Name -}} b", "a {{- .Name }} b", "a {{ .Name -}} b", "a\n{{- .Name -}}\n\t b", "a {{-.Name}}", "a {{- }}", "{{- .Name -}}",
		"a {{ .Name-}} b", "{{ 3 -}} x", "{{ 3-}} x", "x {{- 3 }}", "x {{-3}}", "x {{- -3 }}", "a {{- /* c */ -}} b", "a {{- /* c */}} b",
		"a {{/* c */ -}} b", "a {{/* c */-}} b", "{{ /* c */ }}", "{{/* c */ }}", "{{/* c }}", "{{/* c */x}}", "a {{- \"\" -}} \n b {{- \"\" }} c",
		"  {{- \"x\" -}}  ", "a \r\n {{- .Zone -}} \r\n b", "{{ .Name - }}", "{{ .Name  -}} b", "{{\n.Name\n-}}\nb", "{{-\n.Name}}", "{{ -}}", "{{- -}}",
	}},
	{"if", false, []string{
		"{{ if .Name }}a{{ end }}", "{{ if .Namespace }}a{{ end }}b", "{{ if .Namespace }}a{{ else }}b{{ end }}",
		"{{ if .Namespace }}a{{ else if .Zone }}b{{ else }}c{{ end }}", "{{ if eq .Zone \"east\" }}e{{ else if eq .Zone \"west\" }}w{{ end }}.mesh",
		"{{ if 0 }}a{{ else }}b{{ end }}", "{{ if 1 }}a{{ else }}b{{ end }}", "{{ if 0.0 }}a{{ else }}b{{ end }}", "{{ if 0.5 }}a{{ end }}",
		"{{ if nil }}a{{ end }}", "{{ if true }}a{{ end }}", "{{ if false }}a{{ end }}", "{{ if . }}a{{ end }}", "{{ if $ }}a{{ end }}", "{{ if \"\" }}a{{ end }}",
		"{{ if .Name }}a", "{{ if }}a{{ end }}", "{{ if .Name }}a{{ end }}{{ end }}", "{{ else }}", "{{ end }}", "{{ if .Name }}a{{ else }}b{{ else }}c{{ end }}",
		"{{ if .Name }}a{{ else if }}b{{ end }}", "{{ if .Name }}a{{ else with .Zone }}b{{ end }}", "{{ if .Name }}a{{ end x }}", "{{ if .Name }}a{{ else x }}b{{ end }}",
		"{{ if .Name .Zone }}a{{ end }}", "{{ if (eq .Zone \"west\") }}a{{ end }}", "{{ if $x := .Name }}{{ $x }}{{ end }}", "{{ if $x := .Namespace }}a{{ else }}[{{ $x }}]{{ end }}",
		"{{ if $x := .Name }}a{{ end }}{{ $x }}", "{{ if .Name }}{{ if .Zone }}a{{ end }}b{{ end }}c", "{{ if label \"empty\" }}a{{ else }}b{{ end }}", "{{if.Name}}a{{end}}",
		"{{ if .Namespace }}{{ label \"nope\" }}{{ end }}x", "{{ if not .Namespace }}a{{ end }}", "{{ if 'a' }}a{{ end }}", "{{ if or nil nil }}a{{ else }}b{{ end }}",
		"{{ if\n.Name\n}}a{{ end }}", "{{ else if .Name }}", "{{ if .Name }}a{{ elseif .Zone }}b{{ end }}", "{{ if .Name }}{{ else }}{{ end }}x",
	}},
	{"with", false, []string{
		"{{ with .Name }}{{ . }}{{ end }}", "{{ with .Namespace }}a{{ else }}b{{ end }}", "{{ with label \"team\" }}{{ . }}.{{ $.Zone }}{{ end }}",
		"{{ with .Name }}{{ .Zone }}{{ end }}", "{{ with $x := .Name }}{{ $x }}{{ . }}{{ end }}", "{{ with .Namespace }}a{{ else with .Zone }}{{ . }}{{ else }}c{{ end }}",
		"{{ with .Namespace }}a{{ else }}{{ .Name }}{{ end }}", "{{ with 0 }}a{{ else }}b{{ end }}", "{{ with . }}{{ .Name }}{{ end }}", "{{ with }}{{ end }}",
		"{{ with .Name }}{{ with $.Zone }}{{ . }}{{ end }}{{ . }}{{ end }}", "{{ with .Name }}a{{ else if .Zone }}b{{ end }}", "{{ with len .Name }}{{ . }}{{ end }}", "{{ with .Name }}a",
	}},
	{"variables", false, []string{
		"{{ $x := .Name }}{{ $x }}", "{{ $x := 1 }}{{ $x }}", "{{ $x := .Name }}{{ $x = .Zone }}{{ $x }}", "{{ $x }}", "{{ $x = 1 }}",
		"{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ end }}{{ $x }}", "{{ $x := $x }}", "{{ $x:=1 }}{{ $x }}",
		"{{ $x := .Name | len }}{{ $x }}", "{{ $x, $y := .Name }}", "{{ $x := }}", "{{ $x : = 1 }}", "{{ $x := 1 }}{{ $x.Name }}", "{{ $x := . }}{{ $x.Name }}", "{{ $x := nil }}",
		"{{ $x := 1 }}{{ $y := $x }}{{ $y }}", "{{ ($x := 1) }}{{ $x }}", "{{ $x := 1 }}{{ $x := 2 }}{{ $x }}", "{{ $x := \"a\" }}{{ print $x $x }}", "x{{ $x := $.Name }}",
		"{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}", "{{ $x := .Name 1 }}", "{{ $x 1 }}", "{{ $x := 1 }}{{ $x 1 }}", "{{ $x := 1 }}{{ 2 | $x }}", "{{ $long_name1 := 1 }}{{ $long_name1 }}",
		"{{ $x := or nil nil }}{{ $x }}", "{{ $x := or nil nil }}{{ print $x }}", "{{ $x := or nil nil }}{{ $x.Name }}", "{{$x:=.Name}}{{$x}}", "{{ $x := 1 | print }}{{ $x }}",
	}},
	{"pipelines", false, []string{
		"{{ .Name | print }}", "{{ .Name | printf \"%s-%s\" .Zone }}", "{{ \"a\" | print \"b\" }}", "{{ .Name | len | print }}", "{{ .Name | }}", "{{ | .Name }}",
		"{{ .Name | 1 }}", "{{ .Name | \"a\" }}", "{{ .Name | . }}", "{{ .Name | nil }}", "{{ .Name | true }}", "{{ 1 | eq 1 }}", "{{ .Name | eq \"redis-x9f\" | not }}", "{{ (.Name | len) }}",
		"{{ .Name | (print) }}", "{{ print | print }}", "{{ \"a\" | and \"b\" }}", "{{ \"\" | or \"\" }}", "{{ \"x\" | or }}", "{{ \"%s\" | printf }}", "{{ 1 | printf \"%d\" }}", "{{ .Name|len }}", "{{ .Name || len }}",
		"{{ \"a\" | $ }}", "{{ 1 | index \"abc\" }}", "{{ \"abc\" | len | eq 3 }}",
	}},
	{"parentheses", false, []string{
		"{{ (print \"a\") }}", "{{ print (print \"a\") (print \"b\") }}", "{{ ((print \"a\")) }}", "{{ (print \"a\" }}", "{{ print \"a\") }}", "{{ () }}", "{{ print () }}", "{{ (print \"a\") \"b\" }}",
		"{{ print(\"a\") }}", "{{ print (\"a\") }}", "{{ printf \"%d\" (len .Name) }}", "{{ (nil) }}", "{{ print (1)(2) }}", "{{ print (1) (2) }}", "{{ (1).Name }}", "{{ (. | print) }}x{{ end }}",
	}},
	{"strings", false, []string{
		`{{ "a\tb" }}`, `{{ "a\"b" }}`, `{{ "a'b" }}`, `{{ "a\'b" }}`, `{{ "\x41\101\u0041\U00000041" }}`, `{{ "\a\b\f\n\r\t\v\\" }}`, `{{ "\z" }}`, `{{ "\xzz" }}`, `{{ "\400" }}`, `{{ "\ud800" }}`,
		`{{ "ü" }}`, `{{ "\u00fc" }}`, `{{ "a` + "\n" + `b" }}`, "{{ `a\nb` }}", "{{ `a\\nb` }}", "{{ `a\rb` }}", "{{ `a }}", `{{ "a }}`, `{{ "" }}`, `{{ "a""b" }}`, `{{ "a" "b" }}`, `{{ "a".Name }}`, `{{ "}}" }}`, "{{ `}}` }}", `{{ "{{" }}`,
		`{{ "\xff" | len }}`, `{{ "\u" }}`, `{{ "\0" }}`, `{{ "\008" }}`,
	}},
	{"characters are numbers", false, []string{
		`{{ 'a' }}`, `{{ '\n' }}`, `{{ '\'' }}`, `{{ '"' }}`, `{{ '\x41' }}`, `{{ 'ab' }}`, `{{ '' }}`, `{{ 'ü' }}`, `{{ '\u00fc' }}`, `{{ 'a }}`, `{{ '\"' }}`, `{{ printf "%c" 'a' }}`, `{{ '\377' }}`,
	}},
	{"numbers", false, []string{
		"{{ 1 }}", "{{ -1 }}", "{{ +1 }}", "{{ 0 }}", "{{ -0 }}", "{{ 007 }}", "{{ 08 }}", "{{ 0x1F }}", "{{ 0X1f }}", "{{ 0o17 }}", "{{ 0b101 }}", "{{ 0b12 }}", "{{ 1_000 }}", "{{ 1__0 }}", "{{ _1 }}", "{{ 1_ }}", "{{ 0x_1 }}", "{{ 0_7 }}",
		"{{ 9223372036854775807 }}", "{{ 9223372036854775808 }}", "{{ -9223372036854775808 }}", "{{ 18446744073709551616 }}", "{{ 1.5 }}", "{{ .5 }}", "{{ 5. }}", "{{ -1.5 }}", "{{ 1e3 }}", "{{ 1E3 }}", "{{ 1e-7 }}", "{{ 1e20 }}", "{{ 1e21 }}", "{{ 123456789.0 }}",
		"{{ 0.1 }}", "{{ 100000.0 }}", "{{ 1000000.0 }}", "{{ 0.0001 }}", "{{ 0.00001 }}", "{{ 1e400 }}", "{{ 1x }}", "{{ 1.2.3 }}", "{{ 1+2 }}", "{{ 1 + 2 }}", "{{ 0x }}", "{{ - }}", "{{ + }}", "{{ 12345678.5 }}", "{{ 1.0 }}", "{{ 0xe }}", "{{ 00 }}", "{{ 0o }}", "{{ -0x1 }}",
	}},
	{"booleans and nil", false, []string{
		"{{ true }}", "{{ false }}", "{{ nil }}", "{{ print nil }}", "{{ print true }}", "{{ not true }}", "{{ true 1 }}", "{{ true.Name }}", "{{ nil.Name }}", "{{ or nil nil }}", "{{ and nil }}", "{{ or nil }}", "{{ and true nil }}", "{{ True }}", "{{ print (or nil nil) }}",
	}},
	{"and, or, not", false, []string{
		"{{ and 1 2 }}", "{{ and 0 2 }}", "{{ and \"\" (label \"nope\") }}", "{{ or \"\" \"b\" }}", "{{ or \"a\" (label \"nope\") }}", "{{ or \"\" (label \"nope\") }}", "{{ and }}", "{{ or }}", "{{ and 1 2 3 }}", "{{ or 0 0 3 }}", "{{ not 0 }}", "{{ not }}", "{{ not 1 2 }}",
		"{{ and .Name .Zone }}", "{{ or .Namespace .Zone }}", "{{ not .Namespace }}", "{{ and (eq .Zone \"west\") .Name }}", "{{ or (label \"empty\") \"x\" }}", "{{ and and }}", "{{ or .Namespace | print }}", "{{ 5 | and 0 }}", "{{ 5 | or 1 }}",
	}},
	{"eq and ne", false, []string{
		"{{ eq 1 1 }}", "{{ eq 1 2 }}", "{{ eq \"a\" \"a\" }}", "{{ eq 1 \"a\" }}", "{{ eq 1 1.0 }}", "{{ eq 1.0 1.0 }}", "{{ eq true true }}", "{{ eq 1 2 3 1 }}", "{{ eq 1 }}", "{{ eq }}", "{{ eq nil nil }}", "{{ eq .Name nil }}", "{{ eq nil .Name }}", "{{ ne 1 2 }}", "{{ ne 1 2 3 }}",
		"{{ ne \"a\" \"a\" }}", "{{ eq (index \"a\" 0) 97 }}", "{{ eq 97 (index \"a\" 0) }}", "{{ eq (index \"a\" 0) (index \"a\" 0) }}", "{{ eq true 1 }}", "{{ ne nil 1 }}", "{{ eq 1 2 \"a\" }}", "{{ eq 1 1 \"a\" }}", "{{ eq . . }}", "{{ eq . \"a\" }}", "{{ eq .Zone \"east\" \"west\" }}", "{{ eq 'a' 97 }}", "{{ eq -1 (index \"a\" 0) }}", "{{ eq . nil }}", "{{ ne . . }}",
	}},
	{"order", false, []string{
		"{{ lt 1 2 }}", "{{ lt 2 1 }}", "{{ lt 1 1 }}", "{{ le 1 1 }}", "{{ gt 2 1 }}", "{{ gt 1 1 }}", "{{ ge 1 1 }}", "{{ lt \"a\" \"b\" }}", "{{ lt \"a\" 1 }}", "{{ lt 1.5 2.5 }}", "{{ lt 1 2.5 }}", "{{ lt true false }}", "{{ lt nil 1 }}", "{{ lt 1 nil }}", "{{ lt 1 }}", "{{ lt 1 2 3 }}",
		"{{ le \"b\" \"a\" }}", "{{ ge \"b\" \"a\" }}", "{{ gt \"Z\" \"a\" }}", "{{ lt (index \"a\" 0) 98 }}", "{{ lt -1 (index \"a\" 0) }}", "{{ gt (index \"a\" 0) -1 }}", "{{ le nil nil }}", "{{ lt . . }}", "{{ lt \"\\xff\" \"a\" }}", "{{ le 1.5 1.5 }}", "{{ ge 2 1 }}",
	}},
	{"len, index, slice", false, []string{
		"{{ len .Name }}", "{{ len \"\" }}", "{{ len 1 }}", "{{ len nil }}", "{{ len }}", "{{ len . }}", "{{ len \"ü\" }}", "{{ index \"abc\" 1 }}", "{{ index \"abc\" 3 }}", "{{ index \"abc\" 4 }}", "{{ index \"abc\" -1 }}", "{{ index \"abc\" }}", "{{ index 1 1 }}", "{{ index nil 1 }}", "{{ index \"abc\" nil }}",
		"{{ index \"abc\" \"a\" }}", "{{ index \"abc\" 0 0 }}", "{{ index \"abc\" 1.0 }}", "{{ index 5 }}", "{{ printf \"%c\" (index .Name 0) }}", "{{ slice .Name 0 3 }}", "{{ slice .Name 2 }}", "{{ slice .Name }}", "{{ slice .Name 3 1 }}", "{{ slice .Name 0 99 }}", "{{ slice .Name 0 1 2 }}", "{{ slice .Name 0 1 2 3 }}", "{{ slice 1 0 }}", "{{ slice nil }}",
		"{{ slice .Name -1 }}", "{{ slice \"abc\" 3 }}", "{{ slice \"abc\" 3 3 }}[]", "{{ slice .Name (len \"ab\") }}", "{{ index }}", "{{ slice }}", "{{ slice \"abc\" (index \"\\x01\" 0) }}", "{{ slice . 1 }}", "{{ index . }}x{{ end }}", "{{ slice \"abc\" 1 nil }}",
	}},
	{"print and println", false, []string{
		"{{ print }}", "{{ print \"a\" \"b\" }}", "{{ print 1 2 }}", "{{ print \"a\" 1 2 \"b\" }}", "{{ print 1 \"a\" 2 }}", "{{ print true false }}", "{{ print nil nil }}", "{{ print 1.5 2.5 }}", "{{ println }}", "{{ println \"a\" 1 }}", "{{ println \"a\" \"b\" | print }}", "{{ print 'a' }}", "{{ print (index \"a\" 0) 1 }}", "{{ print 1e6 }}", "{{ print 1e20 1e21 1e-5 }}",
	}},
	{"printf of strings", false, []string{
		`{{ printf "%s" .Name }}`, `{{ printf "%v" .Name }}`, `{{ printf "%q" .Name }}`, `{{ printf "%x" .Name }}`, `{{ printf "%X" .Name }}`, `{{ printf "%10s|" .Zone }}`, `{{ printf "%-10s|" .Zone }}`, `{{ printf "%010s|" .Zone }}`, `{{ printf "%-010s|" .Zone }}`, `{{ printf "%.2s" .Zone }}`, `{{ printf "%6.2s|" .Zone }}`, `{{ printf "%.0s" .Zone }}`, `{{ printf "%.s" .Zone }}`, `{{ printf "%d" .Zone }}`, `{{ printf "%5d|" .Zone }}`, `{{ printf "%t" .Zone }}`,
		`{{ printf "%q" "a\"b\n\x00\x7f\\" }}`, `{{ printf "%8q|" "a" }}`, `{{ printf "%-8q|" "a" }}`, `{{ printf "%.1q" "ab" }}`, `{{ printf "%.2x" "abc" }}`, `{{ printf "%8x|" "ab" }}`, `{{ printf "%-8x|" "ab" }}`, `{{ printf "%08x|" "ab" }}`, `{{ printf "%4s|" "ü" }}`, `{{ printf "%.1s|" "üb" }}`, `{{ printf "%+s" "a" }}`, `{{ printf "% s" "a" }}`, `{{ printf "%+q" "a" }}`, `{{ printf "%c" "a" }}`, `{{ printf "%U" "a" }}`, `{{ printf "%e" "a" }}`, `{{ printf "%+v" "a" }}`,
	}},
	{"printf of integers", false, []string{
		`{{ printf "%d" 5 }}`, `{{ printf "%5d|" 5 }}`, `{{ printf "%-5d|" 5 }}`, `{{ printf "%05d" 5 }}`, `{{ printf "%05d" -5 }}`, `{{ printf "%+d" 5 }}`, `{{ printf "% d" 5 }}`, `{{ printf "%+05d" 5 }}`, `{{ printf "%.3d" 5 }}`, `{{ printf "%6.3d|" 5 }}`, `{{ printf "%-6.3d|" 5 }}`, `{{ printf "%06.3d|" 5 }}`, `{{ printf "%.0d|" 0 }}`, `{{ printf "%5.0d|" 0 }}`, `{{ printf "%05.0d|" 0 }}`, `{{ printf "%x" 255 }}`, `{{ printf "%X" 255 }}`, `{{ printf "%04x" 255 }}`, `{{ printf "%o" 8 }}`, `{{ printf "%O" 8 }}`, `{{ printf "%06O" 8 }}`, `{{ printf "%b" 5 }}`, `{{ printf "%x" -255 }}`,
		`{{ printf "%c" 97 }}`, `{{ printf "%c" 252 }}`, `{{ printf "%5c|" 97 }}`, `{{ printf "%c" -1 }}`, `{{ printf "%c" 55296 }}`, `{{ printf "%v" 5 }}`, `{{ printf "%+v" 5 }}`, `{{ printf "%05v" 5 }}`, `{{ printf "%s" 5 }}`, `{{ printf "%t" 5 }}`, `{{ printf "%e" 5 }}`, `{{ printf "%z" 5 }}`, `{{ printf "%5z|" 5 }}`, `{{ printf "%d" (index "a" 0) }}`, `{{ printf "%s" (index "a" 0) }}`, `{{ printf "%x" (index "a" 0) }}`, `{{ printf "%d" (len .Name) }}`, `{{ printf "%+.3d" 5 }}`, `{{ printf "%-05d|" 5 }}`, `{{ printf "%05c|" 97 }}`, `{{ printf "%.3v" 5 }}`, `{{ printf "%f" 5 }}`, `{{ printf "%g" 5 }}`,
	}},
	{"printf of others", false, []string{
		`{{ printf "%t" true }}`, `{{ printf "%v" false }}`, `{{ printf "%6t|" true }}`, `{{ printf "%s" true }}`, `{{ printf "%d" true }}`, `{{ printf "%v" nil }}`, `{{ printf "%d" nil }}`, `{{ printf "%s" nil }}`, `{{ printf "%7v|" nil }}`, `{{ printf "%v" 1.5 }}`, `{{ printf "%g" 1.5 }}`, `{{ printf "%e" 1.5 }}`, `{{ printf "%f" 1.5 }}`, `{{ printf "%.2f" 1.555 }}`, `{{ printf "%8.2f|" 1.5 }}`, `{{ printf "%-8.2f|" 1.5 }}`, `{{ printf "%08.2f|" -1.5 }}`, `{{ printf "%+08.2f|" 1.5 }}`, `{{ printf "%+f" 1.5 }}`, `{{ printf "%.0f" 2.5 }}`, `{{ printf "%.1e" 12345.678 }}`, `{{ printf "%d" 1.5 }}`, `{{ printf "%s" 1.5 }}`,
		`{{ printf "%T %T %T %T %T" "a" 1 1.5 true (index "a" 0) }}`, `{{ printf "%T" nil }}`, `{{ printf "%8T|" 1 }}`, `{{ printf "%6v|" 1.5 }}`, `{{ printf "%06v|" 1.5 }}`, `{{ printf "%v" 1e6 }}`, `{{ printf "%v" 100000.0 }}`, `{{ printf "% f" 1.5 }}`, `{{ printf "%06t|" true }}`, `{{ printf "%.1t|" true }}`,
	}},
	{"printf's own errors", false, []string{
		`{{ printf "%d %d" 1 }}`, `{{ printf "%d" 1 2 }}`, `{{ printf "a" 1 "b" nil }}`, `{{ printf "%" }}`, `{{ printf "%5" }}`, `{{ printf "%!" 1 }}`, `{{ printf "%%" }}`, `{{ printf "%5%" }}`, `{{ printf "100%" }}`, `{{ printf }}`, `{{ printf 1 }}`, `{{ printf .Name }}`, `{{ printf nil }}`, `{{ printf "%-" 1 }}`, `{{ printf "%s%s" "a" }}`, `{{ printf "%é" 1 }}`, `{{ printf "%.%" }}`, `{{ printf "%s" }}`, `{{ printf "" }}`, `{{ printf (len "a") "b" }}`, `{{ printf "% %d" 1 }}`,
	}},
	{"functions", false, []string{
		"{{ nope }}", "{{ nope 1 }}", "{{ print nope }}", "{{ print print }}", "{{ print not }}", "{{ print label }}", "{{ print and }}", "{{ len (print) }}", "{{ printf \"%s\" print }}", "{{ Print 1 }}", "{{ print.Name }}", "{{ .print 1 }}", "{{ upper .Name }}",
	}},
	{"syntax errors", false, []string{
		"{{ .Name , }}", "{{ % }}", "{{ # }}", "{{ .Name; }}", "{{ a.b }}", "{{ \x00 }}", "{{ \x01 }}", "{{ [1] }}", "{{ {1} }}", "{{ * }}", "{{ .Name\n}}", "{{ ! .Name }}", "{{ .Name == \"a\" }}", "{{ .Name = 1 }}", "{{ := 1 }}", "{{ = }}", "{{ : }}", "{{{ .Name }}}", "{{ {{ .Name }} }}", "{{ .Name }} }}", "{{ .. }}", "{{ ... }}", "{{ .Name. }}", "{{ $. }}", "{{ .1Name }}", "{{ .Name-1 }}", "{{ x-y }}", "{{ \\ }}", "{{ ' }}", "{{ ? }}", "{{ → }}",
	}},
	{"actions that are not supported", true, []string{
		"{{ range 3 }}x{{ end }}", "{{ define \"a\" }}{{ end }}x", "{{ block \"a\" . }}x{{ end }}", "{{ define \"a\" }}b{{ end }}{{ template \"a\" }}",
	}},
	{"functions that are not supported", true, []string{
		"{{ html .Name }}", "{{ js .Name }}", "{{ urlquery .Name }}",
	}},
	{"formats that are not supported", true, []string{
		`{{ printf "%[1]d" 1 }}`, `{{ printf "%*d" 5 1 }}`, `{{ printf "%#x" 255 }}`, `{{ printf "%U" 97 }}`, `{{ printf "%q" 97 }}`, `{{ printf "% x" "ab" }}`, `{{ printf "%q" "ü" }}`, `{{ printf "%.3g" 1.5 }}`, `{{ printf "%G" 1.5 }}`, `{{ printf "%b" 1.5 }}`, `{{ printf "%p" 1 }}`, `{{ printf "%w" 1 }}`, `{{ printf "%2000d" 1 }}`, `{{ printf "%#v" "a" }}`,
	}},
	{"other things that are not supported", true, []string{
		"{{ . }}", "{{ print . }}", "{{ print 1i }}", "{{ 0x1p4 }}", "{{ 1_0.5 }}", "{{ $ := 1 }}{{ $ }}", "{{ $é := 1 }}{{ $é }}", "{{ if false }}{{ .Nope }}{{ end }}x", "{{ printf \"%v\" $ }}",
	}},
}
