# Removes a folder when the JVM that made it has ended: guard.sh FOLDER, with a pipe from the JVM as standard
# input. The servers end at the same moment; what one of them still writes makes another round.
trap '' HUP INT QUIT TERM PIPE
while read -r nothing; do :; done
rounds=0
until rm -rf "$1" 2>/dev/null && [ ! -e "$1" ] || [ "$rounds" -ge 100 ]; do
  rounds=$((rounds + 1))
  sleep 0.1
done
