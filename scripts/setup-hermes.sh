#!/usr/bin/env bash
# Sets up four real Hermes gateways for `npm run test:hermes` and for trying examples/hermes, all below one folder:
#   venv/  Hermes Agent and its Agent 365 plugin, in a Python of their own
#   home/  a HOME of their own: the four profiles are below home/.hermes, as they are on an operator's machine,
#          and so is the state of the Agent 365 plugin
# Every id and secret in it is invented. Run again, it changes nothing that is already as it should be.
#
# usage: scripts/setup-hermes.sh [DIR]     (DIR: .hermes in this checkout)
set -euo pipefail

requirements=('hermes-agent[teams]==0.19.0' 'hermes-a365[bridge]==0.8.5')
profiles=(inbox-triage calendar-concierge security-buddy onboarding-helper)
python=${PYTHON:-python3}

fail() {
  echo "setup-hermes: $*" >&2
  exit 1
}

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dir=${1:-$checkout/.hermes}
mkdir -p "$dir" || fail "cannot make the folder $dir"
dir=$(cd "$dir" && pwd)
root=$dir/home/.hermes

install_hermes() {
  # Written last, so that an install that was broken off is done anew.
  local stamp=$dir/venv/installed wanted
  wanted=$(printf '%s\n' "${requirements[@]}")
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return

  command -v "$python" >/dev/null ||
    fail "no $python here; install Python 3.11 or newer, or name one with PYTHON=/path/to/python3"
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Hermes Agent needs Python 3.11 or newer; $python is $("$python" -V 2>&1). Name another with PYTHON=/path/to/python3"
  "$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$python cannot make virtual environments; install its venv module (Debian, Ubuntu: python3-venv)"

  echo "installing ${requirements[*]} into $dir/venv (about 260 MB; some minutes)"
  "$python" -m venv --clear "$dir/venv"
  "$dir/venv/bin/pip" install --quiet --disable-pip-version-check "${requirements[@]}"
  printf '%s\n' "$wanted" >"$stamp"
}

# Writes stdin to that file where it differs.
put() {
  local content
  content=$(cat)
  if [ ! -f "$1" ] || [ "$(cat "$1")" != "$content" ]; then printf '%s\n' "$content" >"$1"; fi
}

# The number, 1 to 4, gives a profile its ports and its app id, as in examples/hermes/gwproxy.yaml. `security`
# and `onboarding` keep Hermes from a download at its first start and from writing this file anew.
make_profile() {
  local number=$1 name=$2 folder=$root/profiles/$2
  [ -d "$folder" ] ||
    env -i PATH="$PATH" HOME="$dir/home" HERMES_HOME="$root" \
      "$dir/venv/bin/hermes" profile create "$name" --no-alias >/dev/null
  put "$folder/config.yaml" <<YAML
model:
  provider: custom
  default: loopback
  base_url: http://127.0.0.1:18699/v1
  context_length: 200000
platforms:
  agent365:
    enabled: true
    extra:
      slug: $name
      port: 1868$number
      tenant_id: 00000000-0000-0000-0000-0000000000aa
      app_id: 00000000-0000-0000-0000-00000000000$number
      blueprint_client_secret: invented
  webhook:
    enabled: true
    extra:
      host: 127.0.0.1
      port: 1864$number
      routes:
        ping:
          secret: invented-secret-of-$name
          prompt: 'Event: {msg}'
          deliver: log
  api_server:
    enabled: true
    extra:
      host: 127.0.0.1
      port: 1865$number
      key: invented-api-key-of-profile-$number
plugins:
  enabled:
    - agent365
security:
  tirith_enabled: false
onboarding:
  seen:
    profile_build_offered: true
YAML
  put "$folder/.env" <<<'OPENAI_API_KEY=sk-invented'
  chmod 600 "$folder/.env"
}

install_hermes
mkdir -p "$root"
for index in "${!profiles[@]}"; do
  make_profile $((index + 1)) "${profiles[$index]}"
done
echo "ready: four Hermes profiles below $dir"
