#!/usr/bin/env bash
# Makes a base image from packages alone: Debian by debootstrap, Node and npm from npm's registry. Prints the tar, kept outside the
# checkout; `docker import` takes it. Where a registry of images is at hand, any image of Node 24 with npm does the same.
set -euo pipefail

NODE=24.21.0
NPM=11
DEBIAN=bookworm
case "$(uname -m)" in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) echo "no Node for $(uname -m)" >&2 && exit 1 ;; esac

cache="$HOME/.cache/segmentation-test"
tar="$cache/base-$DEBIAN-node-$NODE.tar"
if [ ! -f "$tar" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$cache" "$work/packages"
  debootstrap --variant=minbase --include=ca-certificates "$DEBIAN" "$work/root" >"$work/log" 2>&1 || { tail -5 "$work/log" >&2; exit 1; }
  (cd "$work/packages" && npm pack --silent "node-linux-$arch@$NODE" "npm@$NPM" >"$work/log")
  lib="$work/root/usr/local/lib/node_modules"
  mkdir -p "$lib/npm"
  tar -xzf "$work/packages/node-linux-$arch-$NODE.tgz" -C "$work/root/usr/local/bin" --strip-components=2 package/bin/node
  tar -xzf "$work"/packages/npm-*.tgz -C "$lib/npm" --strip-components=1
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/root/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$work/root/usr/local/bin/npx"
  chmod +x "$lib"/npm/bin/*.js
  # what this machine trusts, so that npm reaches the registry that it reaches here
  cp /etc/ssl/certs/ca-certificates.crt "$work/root/etc/ssl/certs/ca-certificates.crt"
  rm -rf "$work"/root/var/cache/apt/* "$work"/root/var/lib/apt/lists/*
  tar -C "$work/root" -cf "$work/base.tar" .
  mv "$work/base.tar" "$tar"
fi
echo "$tar"
