#!/bin/sh
# Records golden.tsv and random.tsv anew with the Go that is installed. Run it after a change of the
# cases; the recorded files are what the tests read.
set -eu
cd "$(dirname "$0")"
go run . > golden.tsv
go run . -random 2000 > random.tsv
wc -l golden.tsv random.tsv
