#!/usr/bin/env bash
# Builds kube-apiserver, etcd and CoreDNS from the Go modules that go.mod names, into the folder
# given. With nothing in Go's caches that takes 15 minutes of processor time, and seconds after that.
set -euo pipefail
out=$(mkdir -p "${1:?a folder for the programs}" && cd "$1" && pwd)
cd "$(dirname "$0")"

# Debian 12's Go is too old for these modules, and gets a newer one, which is a Go module too.
go_version=1.26.8
if ! [[ $(go env GOVERSION) > go1.26 ]]; then
  root=$out/go
  if [[ ! -x $root/bin/go ]]; then
    module=golang.org/toolchain@v0.0.1-go$go_version.linux-$(go env GOARCH)
    # Not in a folder whose go.mod an old Go can't read.
    dir=$(cd / && go mod download -json "$module" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
    rm -rf "$root" "$out/go.new"
    cp -r "$dir" "$out/go.new"
    chmod -R u+w "$out/go.new"
    chmod -R +x "$out/go.new/bin" "$out/go.new/pkg/tool"
    mv "$out/go.new" "$root"
  fi
  PATH=$root/bin:$PATH
fi
export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS="-mod=readonly -buildvcs=false -trimpath"

# An API server that doesn't know its version refuses to start.
version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
minor=${version#v1.}
package=k8s.io/component-base/version
go build -o "$out/kube-apiserver" -ldflags "-s -w -X $package.gitVersion=$version \
  -X $package.gitMajor=1 -X $package.gitMinor=${minor%%.*}" k8s.io/kubernetes/cmd/kube-apiserver
go build -o "$out/etcd" -ldflags "-s -w" go.etcd.io/etcd/server/v3
go build -o "$out/coredns" -ldflags "-s -w" ./coredns
