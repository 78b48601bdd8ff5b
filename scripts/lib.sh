# Shared by the scripts: where things are built, and how they say what they are doing. Source it, do not run it.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build="$root/build"
started=$SECONDS

say() { printf '\033[1m[%3ds]\033[0m %s\n' "$((SECONDS - started))" "$*"; }

# quietly LOG COMMAND…: shows the command's output only when it fails.
quietly() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  if ! "$@" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "failed: $* (all of it in $log)" >&2
    return 1
  fi
}

# The distribution's Rust: its version fixes the bytes of the contracts. Any other can be named by CARGO and RUSTC.
export CARGO=${CARGO:-/usr/bin/cargo} RUSTC=${RUSTC:-/usr/bin/rustc}

# with_progress LOG COMMAND…: like quietly, and shows ninja's and cargo's last words while it runs on a terminal,
# or one line every half minute elsewhere.
with_progress() {
  local log=$1 period=30
  [ -t 1 ] && period=1
  mkdir -p "$(dirname "$log")"
  shift
  "$@" >"$log" 2>&1 &
  local pid=$! last=$SECONDS status=0
  while kill -0 "$pid" 2>/dev/null; do
    if ((SECONDS - last >= period)); then
      last=$SECONDS
      local words
      words=$(tail -c 400 "$log" | tr '\r' '\n' | tail -n 1 | cut -c1-100)
      if [ -t 1 ]; then printf '\r\033[K        %s' "$words"; else say "… $words"; fi
    fi
    sleep 0.2
  done
  [ -t 1 ] && printf '\r\033[K'
  wait "$pid" || status=$?
  if [ "$status" -ne 0 ]; then
    tail -n 60 "$log" >&2
    echo "failed: $* (all of it in $log)" >&2
  fi
  return "$status"
}
