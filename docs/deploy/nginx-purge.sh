#!/bin/sh
# Makes nginx (nginx.conf) forget all that it keeps of something, under whatever URL, host and
# range: a large file lies there in slices, each once for every spelling of its URL. nginx as Debian
# has it cannot purge. But each file of its cache begins with an answer's head, which names what it
# is about (Cache-Tag); what is deleted is fetched anew when it is asked for.
#
#   sh nginx-purge.sh /srv/skerry/cache m-LINK
#   sh nginx-purge.sh /srv/skerry/cache http://127.0.0.1:8080/file/LINK/path
#
# A tag, as in Cache-Tag: m-LINK is all that was asked for by this link. A URL of the node: all that
# a rule about it would be about, under any link and path that leads there (tags h-..., which
# answers have where the node runs with --denylist, if only an empty one); of a path, what lies
# beside it as well. Deny first (a list takes two seconds) and then purge, as root or as nginx's
# user, else it is back with the next reader. What was on its way meanwhile goes by a second call.
set -eu
HEAD_BYTES=32768

if [ $# -ne 2 ] || ! [ -d "$1" ]; then
  echo "usage: sh nginx-purge.sh CACHE_DIRECTORY TAG|URL, and the directory must be there" >&2
  exit 2
fi
case $2 in
  http://* | https://*)
    tags=$(curl -sSI "$2" | tr -d '\r' | sed -n 's/^[Cc]ache-[Tt]ag: *//p' | tr , '\n' |
      grep -E '^h-[0-9a-f]{32}$' | paste -s -d '|' -) || true
    [ -n "$tags" ] || { echo "$2 has no tag h-...: is it a node's, with --denylist?" >&2; exit 1; }
    ;;
  *)
    tags=$2
    printf '%s\n' "$tags" | grep -qE '^[chmp]-[a-z0-9]+$' ||
      { echo "\"$2\" is neither a URL nor a tag as m-LINK" >&2; exit 2; }
    ;;
esac

# The pattern is for a line of the head; the rest of a file is the answer's body, which is not read.
export HEAD_BYTES TAGS="^cache-tag: ?([^,]+,)*($tags)(,|.?\$)"
# shellcheck disable=SC2016 # the inner shell is to expand these
find "$1" -type f -exec sh -c '
  for file do
    head -c "$HEAD_BYTES" "$file" | LC_ALL=C grep -qaiE "$TAGS" && rm -f "$file" && echo forgotten
  done
  :' sh {} + | wc -l | sed 's/^ *\(.*\)/\1 copies forgotten/'
