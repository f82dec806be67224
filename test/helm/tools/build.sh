#!/usr/bin/env bash
# Builds helm, kubeconform and kube-apiserver from their Go modules, once, into a folder outside the checkout; prints the folder.
# About 600 s of CPU when nothing is cached. Needs Go; an old one fetches the toolchain named here first.
set -euo pipefail

HELM=v3.22.0
KUBECONFORM=v0.8.0
KUBERNETES=1.34.4
GO=1.26.8

tools="$HOME/.cache/segmentation-test/kube-tools-$KUBERNETES"
export GOBIN="$tools" GOFLAGS=-buildvcs=false
say() { echo "$*" >&2; }

# What `go` from 1.21 on does by itself: the toolchain is a module like any other, only its files must be made executable.
toolchain() {
  local arch dir
  arch=$(go env GOARCH)
  dir=$(cd / && go mod download -json "golang.org/toolchain@v0.0.1-go$GO.linux-$arch" | sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p')
  mkdir -p "$tools/go"
  cp -R "$dir/." "$tools/go"
  chmod -R u+w,+x "$tools/go/bin" "$tools/go/pkg/tool"
  export PATH="$tools/go/bin:$PATH"
}

tool() { # tool NAME PACKAGE@VERSION LINKER_FLAGS
  [ -x "$tools/$1" ] || { say "building $1 ($2)"; go install -ldflags "-s -w ${3:-}" "$2" >&2; }
}

# Without a cluster, helm takes its own word for which Kubernetes there is.
minor=${KUBERNETES#1.}
minor=${minor%.*}
version_flags=
for package in chartutil lint/rules; do
  version_flags+=" -X helm.sh/helm/v3/pkg/$package.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/$package.k8sVersionMinor=$minor"
done

# kube-apiserver is no module of its own: one that asks for it, with the replacements of the module it is in.
apiserver() {
  [ -x "$tools/kube-apiserver" ] && return
  say "building kube-apiserver v$KUBERNETES"
  local work mod
  work=$(mktemp -d)
  mod=$(cd / && go mod download -json "k8s.io/kubernetes@v$KUBERNETES" | sed -n 's/^\t"GoMod": "\(.*\)",*$/\1/p')
  (
    cd "$work"
    {
      echo "module tools"
      sed -n 's/^go /go /p' "$mod"
      echo "require k8s.io/kubernetes v$KUBERNETES"
      sed -n "s|^\t\(k8s.io/[a-z-]*\) => ./staging.*|replace \1 => \1 v0.${KUBERNETES#1.}|p" "$mod"
    } >go.mod
    printf 'package tools\n\nimport _ "k8s.io/kubernetes/cmd/kube-apiserver"\n' >tools.go
    go mod tidy >&2
    go build -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=v$KUBERNETES" \
      -o "$tools/kube-apiserver" k8s.io/kubernetes/cmd/kube-apiserver
  )
  rm -rf "$work"
}

# The API's description, from which the schemas of every kind are made.
swagger() {
  [ -f "$tools/swagger.json" ] && return
  local dir
  dir=$(cd / && go mod download -json "k8s.io/kubernetes@v$KUBERNETES" | sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p')
  cp "$dir/api/openapi-spec/swagger.json" "$tools/swagger.json"
}

mkdir -p "$tools"
[ -x "$tools/kube-apiserver" ] && [ -x "$tools/helm" ] && [ -x "$tools/kubeconform" ] && [ -f "$tools/swagger.json" ] && echo "$tools" && exit
case "$(go env GOVERSION)" in go1.[0-9] | go1.[0-9].* | go1.1[0-9]* | go1.20*) toolchain ;; esac
tool helm "helm.sh/helm/v3/cmd/helm@$HELM" "$version_flags"
tool kubeconform "github.com/yannh/kubeconform/cmd/kubeconform@$KUBECONFORM"
swagger
apiserver
echo "$tools"
