/**
 * The guard, for any POSIX sh (dash, bash, busybox): `sh -c GUARD gwproxy-guard PREFIX`. It waits for its standard
 * input to close, which happens whatever ends gwproxy, and then ends what is left. Why it is as it is:
 *
 * - Each line is all groups that there are, as pid:start pairs; the last whole one counts. `bye` is an orderly end.
 * - It ignores what a terminal or a service manager sends to everybody: it must be the last to go.
 * - Groups come first: they are found without an environment, and grep may hang on a process that hangs itself.
 *   A group is left alone where its leader's pid is another's by now (field 22 of proc_pid_stat(5), counted from
 *   behind the name, which may hold anything); where the leader has gone the number is still the group's.
 * - The prefix holds a random number, so a process that carries it is one of this run. GNU's grep reads an environment
 *   as one long line, and 400 of them in 10 ms; busybox' own ends a line at the first NUL.
 * - SIGTERM goes out once, since to many programs a second one means at once; SIGKILL 0.7 s later, and again until a
 *   look finds nothing: what was just being spawned is found then too (it has no mark before its exec). Zombies that
 *   nobody reaps keep their group for ever, so it gives up after 100 looks.
 */
export const GUARD = `# gwproxy's guard: ends the gateways of a gwproxy that was killed
trap '' HUP INT QUIT TERM USR1 USR2 PIPE
prefix=$1 groups=
while read -r line; do
  [ "$line" = bye ] && exit 0
  groups=$line
done

reused() {
  [ -n "$2" ] && [ -r "/proc/$1/stat" ] || return 1
  stat=
  while IFS= read -r line; do stat=$line; done <"/proc/$1/stat"
  [ -n "$stat" ] || return 1
  start=$2
  set -- \${stat##*) }
  [ "\${20}" != "$start" ]
}

marked() {
  if printf 'x\\000y' | grep -qF y; then
    LC_ALL=C grep -lsF "$prefix" /proc/[0-9]*/environ
    return
  fi
  for file in /proc/[0-9]*/environ; do
    tr '\\000' '\\n' <"$file" | grep -qF "$prefix" && echo "$file"
  done
}

signal() {
  found=
  for group in $groups; do
    reused "\${group%:*}" "\${group#*:}" || { kill "-$1" "-\${group%:*}" && found=yes; }
  done
  [ -d /proc/self ] || return
  for file in $(marked); do
    pid=\${file#/proc/}
    kill "-$1" "\${pid%/environ}" && found=yes
  done
}

{
  signal TERM
  # Not every sleep(1) knows parts of a second.
  sleep 0.7 || sleep 1
  round=0
  while [ $round -lt 100 ]; do
    signal KILL
    [ -z "$found" ] && exit 0
    round=$((round + 1))
    sleep 0.1 || sleep 1
  done
} 2>/dev/null`;
