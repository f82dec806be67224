#!/usr/bin/env bash
# Where no Docker can be started: builds the image with buildah, which needs neither a daemon nor rights over cgroups, and runs the
# demo in it. Size, user and writable places are checked with Docker only (image.test.ts).
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
store=(--root "$work/root" --runroot "$work/run")

base=$(buildah "${store[@]}" from scratch)
buildah "${store[@]}" add -q "$base" "$(test/image/base.sh)" / >/dev/null
buildah "${store[@]}" config --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt --env PATH=/usr/local/bin:/usr/bin:/bin "$base"
buildah "${store[@]}" commit -q --rm "$base" segmentation-test-base >/dev/null
buildah "${store[@]}" bud -q --pull-never --build-arg BASE=localhost/segmentation-test-base -t segmentation . >/dev/null
image=$(buildah "${store[@]}" from --pull-never localhost/segmentation)
buildah "${store[@]}" run "$image" segmentation demo --users 150 --days 30 --json
