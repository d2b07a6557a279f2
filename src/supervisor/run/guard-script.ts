/**
 * The guard, for any POSIX sh (dash, bash, busybox): `sh -c GUARD gwproxy-guard PREFIX`. It waits until its standard
 * input closes, which happens whatever ends gwproxy, and then ends the processes that are left.
 *
 * - Each line lists all groups as pid:start pairs; the last complete line counts. `bye` means an orderly end.
 * - It ignores the signals that a terminal or a service manager sends to all processes: it must end last.
 * - Groups are signalled first: that needs no environment, and grep may hang on the environment of a process that hangs.
 *   A group is left alone if another process has its leader's pid (field 22 of proc_pid_stat(5), counted from behind
 *   the name, which may hold any character). If the leader has ended, the number is still the group's.
 * - The prefix holds a random number, so a process that has it belongs to this run. GNU grep reads an environment as one
 *   long line, 400 of them in 10 ms; busybox grep ends a line at the first NUL.
 * - SIGTERM is sent once, since many programs exit at once on a second one. SIGKILL follows 0.7 s later, and again until
 *   three rounds in a row find no process: a process has no mark before its exec, and one that forks and ends while its
 *   round reads the environments has a child that this round does not list. It gives up after 100 rounds, since zombies
 *   that are never reaped keep their group.
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
  round=0 quiet=0
  while [ $round -lt 100 ]; do
    signal KILL
    [ -z "$found" ] && quiet=$((quiet + 1)) || quiet=0
    [ $quiet -lt 3 ] || exit 0
    round=$((round + 1))
    sleep 0.1 || sleep 1
  done
} 2>/dev/null`;
