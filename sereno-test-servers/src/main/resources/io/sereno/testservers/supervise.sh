# Runs one server and ends it together with the JVM that asked for it: supervise.sh LOG COMMAND...
#
# Standard input is a pipe that only the JVM holds. Each line on it is a signal for the server, answered by the same
# line on standard output when it was sent. The end of the pipe is SIGKILL, which a stopped server obeys too. So the
# server dies when the JVM closes the pipe, and just the same when the JVM ends in any way whatever.
trap '' HUP INT QUIT TERM PIPE # Ctrl-C is for the build; the pipe will tell
log=$1
shift
exec 3<&0 2>>"$log"
"$@" </dev/null >>"$log" 2>&1 3<&- &
server=$!

# What the server has started and has not ended: PostgreSQL has a process for each connection.
children() {
  if [ -e "/proc/$server/task/$server/children" ]; then
    for child in $(cat "/proc/$server/task/"*/children); do
      { read -r stat <"/proc/$child/stat"; } 2>/dev/null || continue
      case ${stat##*) } in Z*) ;; *) echo "$child" ;; esac
    done
  else
    ps -A -o pid= -o ppid= -o stat= | while read -r child parent state; do
      [ "$parent" = "$server" ] || continue
      case $state in Z*) ;; *) echo "$child" ;; esac
    done
  fi
}

{
  while read -r signal; do
    kill -s "$signal" "$server" || continue
    for child in $(children); do
      kill -s "$signal" "$child"
    done
    echo "$signal"
  done
  # A server that is stopped starts nothing more, so it ends last, and leaves nobody behind.
  if kill -s STOP "$server"; then
    for child in $(children); do
      kill -s KILL "$child"
    done
    while [ "$(children)" ]; do :; done
    kill -s KILL "$server"
  fi
} <&3 &
reader=$!
echo "$server" # not before: who knows of the server is sure that somebody will end it
exec 3<&- >/dev/null
wait "$server"
status=$?
kill -s KILL "$reader"
wait "$reader" 2>/dev/null
exit "$status"
