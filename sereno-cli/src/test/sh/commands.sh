#!/usr/bin/env bash
# Each exit code and each signal of the command line, on the store at SERENO_URI.
# SERENO is the command, SERVER the process id of the store's server. Processes tell of what they do by a pipe, so nothing here waits for a time.
set -u
work=$(mktemp -d)
failures=0
mkfifo "$work/news"
exec 3<> "$work/news"
out=$work/out
err=$work/err

fail() {
  echo "FAIL $1"
  sed 's/^/     stderr: /' "$err"
  failures=$((failures + 1))
}
check() { # what, expected, actual
  if [ "$2" = "$3" ]; then echo "ok   $1"; else fail "$1: expected '$2', got '$3'"; fi
}
says() { # what, pattern, file
  if grep -q -e "$2" "$3"; then echo "ok   $1"; else fail "$1: '$2' is not in: $(cat "$3")"; fi
}
run() { # expected code, what, command...
  local expected=$1 what=$2
  shift 2
  "$SERENO" "$@" > "$out" 2> "$err"
  check "$what" "$expected" "$?"
}
news() { # what it should be
  local line
  if read -r -t 150 line <&3; then check "a command tells '$1'" "$1" "$line"; else fail "no command told '$1' within 150 s"; fi
}
dead() { # what, process id
  for _ in $(seq 100); do alive "$2" || break; read -r -t 0.1 _ <&3; done
  if alive "$2"; then fail "$1"; else echo "ok   $1"; fi
}
until_() { # what, command...: tries it again and again
  local what=$1 end=$((SECONDS + 90))
  shift
  until "$@"; do
    if [ "$SECONDS" -ge "$end" ]; then
      fail "not within 90 s: $what"
      return 1
    fi
  done
}
alive() { kill -0 "$1" 2> /dev/null && ! grep -q 'State:[[:space:]]*Z' "/proc/$1/status" 2> /dev/null; }
# Ignores nothing, tells that it runs, and goes on until a signal comes.
runs='echo $$ > "$0/pid"; echo runs > "$0/news"; exec sleep 600'
# Tells of a TERM, a HUP or an INT, and ends with 5.
traps='for s in TERM HUP INT; do trap "echo $s > \"$0/news\"; kill \$child; exit 5" $s; done; echo runs > "$0/news"; sleep 600 & child=$!; wait'
hold() { # name and options; the holder's id is in $holder
  "$SERENO" lock "$@" -- sh -c "$runs" "$work" > "$work/holder.out" 2> "$work/holder.err" &
  holder=$!
  news runs
  command=$(cat "$work/pid")
}

# Arguments
run 0 "help" --help
run 64 "no command" 
run 64 "an unknown command" frobnicate
run 64 "no CMD" lock a
run 64 "-n" lock -n a -- true
says "-n is explained as flock means it" "--no-wait" "$err"
says "-n is explained as consul means it" "consul" "$err"
run 64 "elect -n" elect -n a -- true
says "-n is explained as elect accepts it" "--timeout TIME here" "$err"
run 64 "a time without a unit" lock a --timeout 5 -- true
run 64 "--no-wait with --timeout" lock a --no-wait --timeout 5s -- true
run 64 "--kill-after beyond a third of the ttl" lock a --kill-after 9s -- true
run 64 "a ttl that leaves no time for a KILL" lock a --ttl 1999ms --uri etcd://192.0.2.1/x -- true
says "it says what is accepted" "2000ms or more" "$err"
run 64 "an exit code beyond 255" lock a -E 256 -- true
run 64 "elect --no-wait" elect a --no-wait -- true
run 64 "a kind that does not exist" inspect vault/a
run 64 "release without a reason" release lock/a
run 64 "an empty name" lock "" -- true
run 127 "a CMD that does not exist" lock a -- /no/such/command
run 127 "a CMD that is not on the path" lock a -- no-such-command-anywhere
run 126 "a CMD that cannot be executed" lock a -- /etc/passwd
SERENO_URI='' HOME=$work XDG_CONFIG_HOME=$work run 78 "no URI" ls
run 78 "a scheme that does not exist" ls --uri vault://127.0.0.1/x
run 69 "a store that is not there" ls --uri "${SERENO_URI%%:*}://127.0.0.1:1/x"
mkdir -p "$work/sereno"
echo "uri = $SERENO_URI" > "$work/sereno/config"
SERENO_URI='' XDG_CONFIG_HOME=$work run 0 "the URI of the file" ls

uri=$SERENO_URI
SERENO_URI="$uri?session-ttl=4s&connect-timeout=8s"
run 0 "a URI with session-ttl and connect-timeout" lock a -- sh -c '"$SERENO" sessions --uri "$1" -o json' sh "$uri"
says "the session has that ttl" '"ttlMillis": *4000\b' "$out"
run 64 "--kill-after beyond a third of session-ttl" lock a --kill-after 2s -- true
run 64 "--ttl with session-ttl" ls --ttl 5s
says "it says what to do" "leave one out" "$err"
SERENO_URI="$uri?session-ttl=5x" run 78 "a session-ttl that is no time" lock a -- true
SERENO_URI=$uri

run 0 "completion" completion
bash -n "$out" || fail "bash does not accept the completion"
says "completion knows the commands" "semaphore" "$out"
run 0 "man" man
says "man has the exit codes" "79 *lost" "$out"
run 0 "man of a command" man lock
says "man has the options" 'kill\\-after' "$out"
run 64 "man of an unknown command" man frobnicate

# CMD
run 0 "CMD succeeds" lock a -- true
run 7 "CMD fails" lock a -- sh -c 'exit 7'
run 143 "TERM ends CMD" lock a -- sh -c 'kill -TERM $$'
run 137 "KILL ends CMD" lock a -- sh -c 'kill -KILL $$'
run 0 "CMD has the token and the name" lock "a b" -- sh -c '[ "$SERENO_FENCING_TOKEN" -gt 0 ] && echo "$SERENO_LOCK"'
check "what CMD prints" "a b" "$(cat "$out")"
check "CMD reads standard input" "hello" "$(echo hello | "$SERENO" lock a -- cat)"
run 0 "CMD has options of its own" lock a -- sh -c 'printf "%s %s" "$@"' -- -n --timeout
check "no shell and no option in between" "-n --timeout" "$(cat "$out")"
echo "from the file" > "$work/words"
cd "$work"
run 0 "an argument with @ in front of a file" lock a -- echo @words -- @words
cd "$OLDPWD"
check "CMD gets it as it is" "@words -- @words" "$(cat "$out")"

# As in cron
cron() { env -i PATH="$PATH" HOME="$HOME" SERENO_URI="$SERENO_URI" ${JAVA_HOME:+JAVA_HOME="$JAVA_HOME"} "$@"; }
cron "$SERENO" lock zürich -- sh -c 'printf "%s %s %s\n" "$SERENO_LOCK" "$0" "${LC_ALL-none}"; "$1" ls lock' größe "$SERENO" > "$out" 2> "$err"
check "names and arguments of CMD without a locale" "zürich größe none" "$(head -n 1 "$out")"
says "ls prints them" "^lock/zürich " "$out"
run 64 "an argument that is not UTF-8" lock a -- echo "$(printf 'gr\366\337e')"
says "it says what is accepted" "UTF-8" "$err"
run 0 "an argument with a question mark" lock a -- echo '?' 'größe?'
check "CMD gets it" '? größe?' "$(cat "$out")"
check "CMD has the locale of the caller" C "$(cron LC_ALL=C "$SERENO" lock a -- sh -c 'echo "$LC_ALL"')"

run 7 "CMD without standard input" lock a -- sh -c 'cat > "$0/read" || exit 7' "$work" <&-
check "CMD reads nothing of sereno" 0 "$(wc -c < "$work/read" | tr -d ' ')"
"$SERENO" lock a -- sh -c 'echo x || exit 7' >&- 2> "$err"
check "CMD without standard output cannot write" 7 $?

# Waiting
hold a
kill -s QUIT "$holder"
until grep -q "Full thread dump" "$work/holder.err" "$work/holder.out"; do :; done
check "the threads of QUIT do not go into the output of CMD" "" "$(cat "$work/holder.out")"
run 75 "--no-wait on a lock that is held" lock a --no-wait -- true
run 75 "--timeout on a lock that is held" lock a --timeout 3s -- true
run 3 "-E" lock a --no-wait -E 3 -- true
run 0 "inspect of a lock that is held" inspect lock/a
says "inspect shows the holder" "^HOLDER .*tokens [0-9]*\.\.[0-9]*" "$out"
run 0 "inspect as JSON" inspect lock/a -o json
says "JSON has a schema" '^{"schema":1,"rows":\[{"place":"HOLDER","node":"[^"]*","host":"[^"]*","since":"[^"]*","firstToken":[0-9]*,' "$out"
run 0 "sessions" sessions
says "sessions shows what the holder has" "HOLDS lock/a" "$out"
run 0 "ls" ls lock
says "ls shows the lock" "^lock/a " "$out"
run 1 "graph without a deadlock" graph --between 10ms
run 64 "graph --between over a minute" graph --between 61s
says "it says what is accepted" "0ms to 1m is accepted" "$err"
kill "$holder"
wait "$holder"
check "TERM goes on to CMD, which it ends" 143 $?
if alive "$command"; then fail "CMD lives after TERM"; fi
run 1 "inspect of a lock that is free" inspect lock/a

# Signals
for signal in TERM HUP INT; do
  # A shell ignores INT for its children in the background; the trap of CMD would be ignored, too.
  env --default-signal=INT,HUP "$SERENO" lock a -- sh -c "$traps" "$work" > /dev/null 2> "$err" &
  holder=$!
  news runs
  kill -s "$signal" "$holder"
  news "$signal"
  wait "$holder"
  check "$signal goes on to CMD, which ends by itself" 5 $?
done
# The shell dies of the signal at once, and its sleep does not get one. The next who has the lock looks for it.
for signal in TERM HUP; do
  env --default-signal=HUP "$SERENO" lock a -- sh -c 'sh -c "echo \$\$ > \"$0/pid\"; echo runs > \"$0/news\"; exec sleep 600"; true' "$work" 2> "$err" &
  holder=$!
  news runs
  command=$(cat "$work/pid")
  "$SERENO" lock a -- sh -c 'kill -0 "$0" 2> /dev/null && ! grep -q "State:.*Z" "/proc/$0/status"; echo $?' "$command" > "$out" &
  next=$!
  until "$SERENO" inspect lock/a | grep -q '#1'; do :; done
  kill -s "$signal" "$holder"
  wait "$holder"
  code=$?
  wait "$next"
  check "$signal, which ends CMD" "$((128 + $(kill -l "$signal")))" "$code"
  check "a child that CMD leaves after $signal is dead when the next has the lock" 1 "$(cat "$out")"
done
hold a
env --default-signal=INT "$SERENO" lock a -- true 2> "$err" &
waiting=$!
queued() { "$SERENO" inspect lock/a 2> "$err" | grep -q '#1'; }
until_ "a client waits for lock/a" queued
kill -s INT "$waiting"
wait "$waiting"
check "INT ends the wait" 130 $?
"$SERENO" inspect lock/a > "$out" 2> "$err"
check "nothing of it is left in the queue" 1 "$(wc -l < "$out" | tr -d ' ')"
kill -s KILL "$holder"
wait "$holder" 2> /dev/null
check "KILL ends sereno" 137 $?
dead "CMD dies with a killed sereno" "$command"
run 0 "the lock of a killed sereno goes with its session" lock a --timeout 40s -- true

# Losses
"$SERENO" lock a --ttl 4s --kill-after 1s -- sh -c 'trap "echo TERM > \"$0/news\"" TERM; sleep 600 & echo $! > "$0/pid"; echo runs > "$0/news"; while :; do wait; done' \
  "$work" > /dev/null 2> "$err" &
holder=$!
news runs
command=$(cat "$work/pid")
kill -s STOP "$SERVER"
news TERM
wait "$holder"
code=$?
if alive "$command"; then fail "a child of CMD lives after the loss"; else echo "ok   a child of CMD is dead after the loss"; fi
kill -s CONT "$SERVER"
check "a loss by silence" 79 "$code"
says "it says why" "silent" "$err"
hold a
run 1 "release that is not confirmed" release lock/a --reason "INC-42" < /dev/null
says "release shows what is lost" "HOLDS lock/a" "$err"
run 0 "release" release lock/a --reason "INC-42: hung" --yes
says "release says that it is done" "^released after .* audit [0-9]*$" "$out"
wait "$holder"
check "a loss by release" 79 $?
if alive "$command"; then fail "CMD lives after release"; else echo "ok   CMD is dead after release"; fi
hold a
run 0 "release --now" release lock/a --reason "INC-42" --now -y
wait "$holder"
check "a loss by release --now" 79 $?
# Signals other than KILL are sent by a shell.
mkdir "$work/few"
for tool in bash env dirname readlink cat ls cksum cut locale sleep "${JAVA_HOME:+$JAVA_HOME/bin/}java"; do
  ln -s "$(command -v "$tool")" "$work/few/"
done
env PATH="$work/few" "$SERENO" lock a -- sleep 601 > /dev/null 2> "$err" &
holder=$!
until "$SERENO" inspect lock/a > /dev/null 2>&1 && command=$(cat /proc/"$holder"/task/*/children) && [ -n "$command" ]; do :; done
command=${command% }
run 0 "release of a sereno without sh" release lock/a --reason "INC-42" --yes
wait "$holder"
check "a loss without sh" 79 $?
if alive "$command"; then fail "CMD lives after a loss without sh"; else echo "ok   CMD is dead after a loss without sh"; fi
run 1 "release of a free lock" release lock/a --reason "INC-42" -y

# Groups
run 0 "--group" lock a --group -- sh -c 'sleep 600 < /dev/null > /dev/null 2>&1 & echo $! > "$0/pid"' "$work"
dead "what CMD leaves in its group is killed" "$(cat "$work/pid")"
"$SERENO" lock a --group -- sh -c '(sleep 600 & echo $! > "$0/pid"); echo runs > "$0/news"; exec sleep 600' "$work" > /dev/null 2> "$err" &
holder=$!
news runs
run 0 "release" release lock/a --reason "INC-42" --yes
wait "$holder"
check "a loss with --group" 79 $?
dead "a process of the group without a parent is killed with the loss" "$(cat "$work/pid")"
env --default-signal=INT "$SERENO" lock a --group -- sh -c 'sleep 600 & echo $! > "$0/pid"; trap "echo INT > \"$0/news\"; wait; exit 4" INT; echo runs > "$0/news"; wait' "$work" 2> "$err" &
holder=$!
news runs
kill -s INT "$holder"
news INT
kill -s KILL "$(cat "$work/pid")"
wait "$holder"
check "INT goes on to the group" 4 $?

# semaphore
run 64 "semaphore without --holders" semaphore s -- true
run 64 "semaphore --holders 0" semaphore s --holders 0 -- true
run 0 "semaphore" semaphore s --holders 2 -- sh -c '[ "$SERENO_SEMAPHORE" = s ]'
run 64 "another number of holders" semaphore s --holders 3 -- true
says "it says which" "has 2 permits" "$err"
holders=
for _ in 1 2; do
  "$SERENO" semaphore s --holders 2 -- sh -c "$runs" "$work" 2> "$err" &
  holders="$holders $!"
  news runs
done
run 75 "a permit beyond the limit" semaphore s --holders 2 --no-wait -- true
run 0 "ls of pools" ls semaphore
says "ls shows the pool" "^semaphore/s " "$out"
run 0 "inspect of a pool" inspect semaphore/s
says "inspect shows the limit" "^LIMIT *2 permits$" "$out"
check "inspect shows both holders" 2 "$(grep -c "^HOLDER .* 1 permit " "$out")"
run 64 "release of one of two holders" release semaphore/s --reason "INC-42" -y
says "it asks which" "there are 2 holders; --session ID" "$err"
session=$("$SERENO" inspect semaphore/s | sed -n 's/^HOLDER .* session \([^ ]*\) .*/\1/p' | head -n 1)
run 0 "release of a permit" release semaphore/s --session "$session" --reason "INC-42" -y
set -- $holders
wait "$1"
check "a loss of a permit by release" 79 $?
kill "$2"
wait "$2"
run 0 "a permit that came back" semaphore s --holders 2 --timeout 30s -- true

# elect
run 6 "elect runs CMD as the leader" elect e -- sh -c '[ "$SERENO_ELECTION" = e ] && [ "$SERENO_FENCING_TOKEN" -gt 0 ] && exit 6'
"$SERENO" elect e -- sh -c "$runs" "$work" 2> "$err" &
holder=$!
news runs
run 75 "elect in vain" elect e --timeout 3s -- true
kill "$holder"
wait "$holder"
check "TERM goes on to the leader's CMD" 143 $?
run 0 "the next leader" elect e --timeout 30s -- true
second() { "$SERENO" inspect election/p | sed -n 's/^#1 *\([^ ]*\) .*/\1/p'; }
"$SERENO" elect p -- sh -c "$runs" "$work" 2> "$err" &
holder=$!
news runs
"$SERENO" elect p -- sh -c 'echo low > "$0/news"' "$work" &
low=$!
listed() { node=$(second) && [ -n "$node" ]; }
until_ "a candidate waits for election/p" listed
"$SERENO" elect p --priority 5 -- sh -c 'echo high > "$0/news"' "$work" &
high=$!
overtaken() { other=$(second) && [ -n "$other" ] && [ "$other" != "$node" ]; }
until_ "the candidate of the greater priority is the first to wait" overtaken
kill "$holder"
news high
news low
wait "$holder" "$low" "$high"
run 64 "a priority that is no number" elect p --priority much -- true

# Others
run 0 "counter --set" counter c --set 5
run 0 "counter --add" counter c --add -2
check "the sum" 3 "$(cat "$out")"
run 0 "counter" counter c
check "the value" 3 "$(cat "$out")"
run 64 "counter --add with --set" counter c --add 1 --set 1
check "topic pub" 2 "$(printf 'one\ntwo\n' | "$SERENO" topic pub t)"
run 0 "topic pub of one message" topic pub t "$(printf 'red \033[31m')"
run 0 "topic tail" topic tail t --from 1 --count 3
check "what it prints" "$(printf '1 one\n2 two\n3 red \\u001b[31m')" "$(cat "$out")"
run 0 "topic pub to a second topic" topic pub piped one
"$SERENO" topic tail piped --from 1 2> "$err" > >(head -n 1 > "$out"; echo closed > "$work/news") &
tail=$!
news closed
check "topic tail prints the first line" "1 one" "$(cat "$out")"
# It meets the closed pipe when it prints the next messages.
tried() { "$SERENO" topic pub piped more > /dev/null && ! alive "$tail"; }
until_ "topic tail into a closed pipe ends" tried
alive "$tail" && kill -s KILL "$tail"
wait "$tail"
check "topic tail into a closed pipe" 0 "$?"
run 0 "inspect of a topic" inspect topic/t
says "it shows the offsets" "^TOPIC *1 *4 *3" "$out"
run 1 "members of an empty group" members g
run 1 "inspect of an empty group" inspect member/g
joined() { "$SERENO" members workers > /dev/null 2> "$err"; }
until_ "the group 'workers' has a member" joined
run 0 "inspect of a group" inspect member/workers
says "it shows the member, its host and its metadata" "^m1 .* host .* since .* session .* port=80" "$out"
run 0 "inspect of a group as JSON" inspect member/workers -o json
says "it shows the ttl" '"ttl": *10000' "$out"
run 0 "wait --add" wait w --add 2
run 75 "wait for work that is not done" wait w --timeout 3s
run 0 "wait --done" wait w --done
run 0 "wait --done" wait w --done
run 0 "wait for work that is done" wait w
run 1 "wait --done without a place" wait w --done
run 64 "wait --add with --done" wait w --add 1 --done
run 0 "ids" ids i --count 3
check "three ids in their order" 3 "$(sort -nuc "$out" && wc -l < "$out" | tr -d ' ')"
run 64 "ids --count 0" ids i --count 0
"$SERENO" ls 2> "$err" | true
check "ls into a closed pipe" 0 "${PIPESTATUS[0]}"
"$SERENO" ids i > /dev/full 2> "$err"
check "a result that cannot be written" 74 $?
says "it says so" "standard output" "$err"
run 0 "a hostile name" lock "$(printf 'evil\033[2J\nlock/b')" -- sh -c '"$SERENO" ls lock'
says "ls escapes it" 'evil\\u001b\[2J\\nlock/b' "$out"
"$SERENO" doctor > "$out" 2> "$err"
says "doctor takes a lock" "^ok *a lock was taken" "$out"
says "doctor measures" "median" "$out"
says "doctor knows that CMD dies with a killed sereno" "^ok *setpriv" "$out"
mkdir "$work/old"
printf '#!/bin/sh\necho "setpriv: unrecognized option: $1" >&2\nexit 1\n' > "$work/old/setpriv"
chmod +x "$work/old/setpriv"
path=$PATH
PATH=$work/old:$PATH
run 7 "CMD with a setpriv that cannot tie it" lock a -- sh -c 'exit 7'
run 1 "doctor with such a setpriv" doctor
says "doctor warns of it" "^warn .*setpriv.*2.33" "$out"
PATH=$path
"$SERENO" doctor --deep --ttl 3s > "$out" 2> "$err"
# Whether that was late is a matter of the machine; that it says ok in time, and warns else, is told by its own numbers.
says "doctor --deep kills a client" "^\(ok\|warn\) *the lock of a killed client was free after [0-9]* ms; at most [0-9]* ms are promised" "$out"
read -r took most <<< "$(sed -n 's/.*free after \([0-9]*\) ms; at most \([0-9]*\) ms.*/\1 \2/p' "$out")"
verdict=ok
[ "${took:-0}" -le "$((${most:-0} + 1000))" ] || verdict=warn
says "doctor --deep warns if that was late" "^$verdict *the lock of a killed client" "$out"

# top and ui
run 64 "top --every 0s" top --every 0s
"$SERENO" lock "$(printf 'evil\033[2J')" -- sh -c "$runs" "$work" > /dev/null 2> "$err" &
holder=$!
news runs
run 0 "top without a terminal" top
says "top shows the holder, its host and who waits" '^lock/evil\\u001b\[2J  *[^ ]*  *[^ ]*  *[0-9]*s  *0$' "$out"
# A terminal of script(1): the real screen of a program that draws.
script -qec "$SERENO top --count 2 --every 300ms" /dev/null > "$out" 2> "$err" < /dev/null
check "top ends after its readings" 0 "$?"
check "top enters and leaves the other screen" 1,1 "$(grep -c "$(printf '\033\[?1049h')" "$out"),$(grep -c "$(printf '\033\[?1049l')" "$out")"
check "top clears nothing because of a name" 0 "$(grep -c "$(printf '\033\[2J')" "$out")"
says "top draws the holder" 'evil\\u001b\[2J' "$out"
"$SERENO" top --count 100000 --every 200ms 2> "$err" | head -n 1 > "$out"
check "top ends when nobody reads" 0 "${PIPESTATUS[0]}"
run 64 "a port that does not exist" ui --port 65536
"$SERENO" ui > "$work/address" 2> "$err" &
ui=$!
told() { read -r -t 0.1 _ <&3; grep -q token= "$work/address" || ! alive "$ui"; }
until_ "ui prints its address" told
address=$(cat "$work/address")
port=${address#http://127.0.0.1:}
port=${port%%/*}
ask() { # path and query
  exec 4<> "/dev/tcp/127.0.0.1/$port"
  printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n' "$1" "$port" >&4
  cat <&4 > "$out"
  exec 4>&-
}
ask "/api/state?${address#*\?}"
says "ui shows the holder" '"resource":"lock/evil\\\\u001b\[2J","holders":\[{"node":"' "$out"
ask "/api/state"
says "ui needs its token" "^HTTP/1.1 403" "$out"
run 69 "a port that is taken" ui --port "$port"
kill "$ui"
wait "$ui"
check "TERM ends ui" 143 $?
kill "$holder"
wait "$holder"

rm -rf "$work"
[ "$failures" = 0 ] || { echo "$failures checks failed"; exit 1; }
echo "all checks passed"
