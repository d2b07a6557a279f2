#!/usr/bin/env bash
# Sets up two real OpenClaw gateways for `npm run test:openclaw` and for trying examples/openclaw, below one folder:
#   node_modules/  OpenClaw, and the version of Node that it needs
#   home/          a HOME of their own, with the profiles in .openclaw-support and .openclaw-ops
# Every id and secret in it is invented. Run again, it installs nothing that is there already.
# Measured on two cores: 50 s and 840 MB, and two gateways of about 0.8 GB each.
#
# usage: scripts/setup-openclaw.sh [DIR]     (DIR: .openclaw in this checkout)
set -euo pipefail

openclaw=openclaw@2026.9.6
node_version=24

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dir=${1:-$checkout/.openclaw}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

install_openclaw() {
  # Written last, so that an install that was broken off is done anew.
  local stamp=$dir/installed
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$openclaw" ] && return
  echo "installing $openclaw into $dir (about 840 MB; a minute)"
  [ -f "$dir/package.json" ] || echo '{ "private": true }' >"$dir/package.json"
  # npm takes the newest version of OpenClaw that its own Node can run, so its Node comes first.
  local platform
  platform=$(node -p 'process.platform + "-" + process.arch')
  npm install --prefix "$dir" --no-audit --no-fund --silent "node-$platform@$node_version"
  ln -sfn "../node-$platform/bin/node" "$dir/node_modules/.bin/node"
  PATH="$dir/node_modules/.bin:$PATH" npm install --prefix "$dir" --no-audit --no-fund --silent "$openclaw"
  ln -sfn "../node-$platform/bin/node" "$dir/node_modules/.bin/node"
  echo "$openclaw" >"$stamp"
}

make_profile() {
  local name=$1 port=$2 folder=$dir/home/.openclaw-$1
  mkdir -p "$folder"
  cat >"$folder/openclaw.json" <<JSON5
{
  // Written by scripts/setup-openclaw.sh.
  gateway: {
    mode: "local",
    port: $port,
    trustedProxies: ["127.0.0.1"],
    auth: { mode: "token", token: "invented-gateway-token-of-$name" },
  },
  hooks: { enabled: true, token: "invented-hook-token-of-$name" },
  channels: {},
}
JSON5
}

install_openclaw
make_profile support 28789
make_profile ops 28909
echo "ready: two OpenClaw profiles below $dir"
