# What ssh runs on the far host: finds a Java and the agent's jar, takes what is missing of them,
# starts the agent. Says a line on standard output before the agent speaks:
#
#   godwit-bootstrap 1 have               the agent starts now
#   godwit-bootstrap 1 needjava           send the archive of a Java now; then one of the others
#   godwit-bootstrap 1 need               send the jar now; then one of the others
#   godwit-bootstrap 1 nojava FOUND       what was found instead
#   godwit-bootstrap 1 noagent REASON     no Java would help
#   godwit-bootstrap 1 refuse REASON
#
# The user's login shell gets this as one line inside single quotes and hands it to sh; so each
# command ends with a semicolon of its own, and there are no single quotes, no exclamation marks
# (csh) and no doubled backslashes (fish). For POSIX sh: dash and busybox too.

# What the agent makes for itself is private; what it copies is as this user's files are.
mask=$(umask);
umask 077;
LC_ALL=C; export LC_ALL;
ulimit -c 0;
unset JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS CLASSPATH CDPATH;
want=@SHA256@; bytes=@BYTES@; java_min=@JAVA_MIN@; keep=@KEEP@;
runtime=@RUNTIME@; runtime_bytes=@RUNTIME_BYTES@; runtime_processor=@RUNTIME_PROCESSOR@;

say() { echo; echo "godwit-bootstrap 1 $*"; };
refuse() { say refuse "$*"; exit 3; };
me=$(id -u) || refuse "the program id does not work";
command -v sha256sum >/dev/null || refuse "the program sha256sum is missing";

case "$(uname -m)" in
  x86_64|amd64|aarch64|arm64) ;;
  *) say noagent "it knows the processors x86_64 and aarch64, this is $(uname -m)"; exit 4;;
esac;

# Nobody but this user and root can change what is under these names: each has a line of ls -n, with
# mode, links, uid and gid, and all lines are as they have to be.
# Groups below 100 belong to the system (staff may write /usr/local on many hosts).
kept() {
  [ "$(ls -ldnL "$@" 2>/dev/null | {
    good=0;
    while read -r mode links uid gid rest; do
      [ "$uid" = 0 ] || [ "$uid" = "$me" ] || exit 1;
      case "$mode" in
        ?????????[tT]*) ;;
        ????????w*) exit 1;;
        ?????w*) [ "$gid" -lt 100 ] || [ "$gid" = "$(id -g)" ] || exit 1;;
      esac;
      good=$((good + 1));
    done;
    echo $good;
  })" = $# ];
};
# The same of a path, of all above it, and of more names. Together: a program for each takes longer
# than the rest of this script. Where it is not so, $p is the first that is in the way.
kept_path() {
  p=$1;
  until [ "$p" = / ]; do
    p=${p%/*};
    p=${p:-/};
    set -- "$@" "$p";
  done;
  kept "$@" && return 0;
  for p in "$@"; do
    kept "$p" || return 1;
  done;
  return 0;
};

# The folder for what is brought here.
if [ -n "$GODWIT_AGENT_FOLDER" ]; then
  folder=$GODWIT_AGENT_FOLDER;
elif [ "$me" = 0 ]; then
  folder=/var/lib/godwit/agent;
else
  folder=${XDG_CACHE_HOME:-$HOME/.cache}/godwit;
fi;
case "$folder" in /*) ;; *) refuse "the folder $folder is not an absolute path";; esac;

# Java: the release file of a JDK says its version without starting it.
found=; java=; version=;
try_home() {
  [ -z "$java" ] && [ -x "$1/bin/java" ] || return 0;
  home=$(cd "$1" 2>/dev/null && pwd -P) || return 0;
  case "$found" in *"($home)"*) return 0;; esac;
  if kept_path "$home" "$home/bin" "$home/bin/java"; then :; else
    found="$found${found:+, }left alone, others may write $p ($home)";
    return 0;
  fi;
  full=;
  if [ -r "$home/release" ]; then
    while IFS= read -r line; do
      case "$line" in
        JAVA_VERSION=*) full=${line#*=}; full=${full#\"}; full=${full%%\"*};;
      esac;
    done < "$home/release";
  fi;
  if [ -z "$full" ]; then
    line=$("$home/bin/java" -version 2>&1 </dev/null | head -n 1);
    full=${line#*\"}; full=${full%%\"*};
  fi;
  found="$found${found:+, }$full ($home)";
  if [ "${full%%[.+_-]*}" -ge "$java_min" ] 2>/dev/null; then
    java=$home/bin/java; version=$full;
  fi;
};
on_path=$(command -v java 2>/dev/null) && on_path=$(readlink -f "$on_path") || on_path=;
set -- "$JAVA_HOME" "${on_path%/bin/java}" /usr/lib/jvm/* /usr/java/* /usr/local/*;
set -- "$@" /opt/* /opt/java/* /opt/godwit/* "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/*;
for h in "$@"; do
  if [ -n "$h" ]; then try_home "$h"; fi;
done;
if [ -z "$java" ]; then try_home "$folder/runtime-$runtime"; fi;
without_java() { say nojava "$found"; exit 4; };
if [ -z "$java" ]; then
  [ "$(uname -m)" = "$runtime_processor" ] || without_java;
fi;

# It is private, or not used.
why=$(mkdir -p "$folder" 2>&1) || refuse "$why";
real=$(cd "$folder" && pwd -P) || refuse "the folder $folder cannot be entered";
set -- $(ls -ldn "$real");
[ "$3" = "$me" ] || refuse "the folder $real belongs to user $3 and not to user $me";
case "$1" in
  ?????w*|????????w*) refuse "the folder $real can be written by others; chmod 700 helps";;
esac;
kept_path "$real" || refuse "$p, above $real, belongs to or can be written by another user";

# openssl, where there is one, takes a third of the time, and is asked first; not all know -r.
sum_of() {
  set -- "$1" $(openssl dgst -sha256 -r < "$1" 2>/dev/null);
  [ ${#2} = 64 ] || set -- "$1" $(sha256sum < "$1");
  echo "$2";
};

# Takes an upload into $part: what to say, how long it is, its hash, and what it is called.
part=$real/part-$$;
receive() {
  rm -rf "$part" "$part".*;
  say "$1";
  why=$( { head -c "$2" > "$part"; } 2>&1 ) || { rm -f "$part"; refuse "$why"; };
  [ "$(sum_of "$part")" = "$3" ] && return 0;
  rm -f "$part";
  refuse "the upload of $4 was cut or damaged";
};

# A Java of its own, where the host has none. Whoever takes long says with empty lines that he is
# still there.
if [ -z "$java" ]; then
  receive needjava "$runtime_bytes" "$runtime" "the Java runtime";
  why=$(mkdir "$part.new" 2>&1) || { rm -f "$part"; refuse "$why"; };
  : > "$part.busy";
  {
    tar -xzf "$part" -C "$part.new" 2> "$part.why" && : > "$part.whole";
    rm -f "$part.busy";
  } </dev/null >/dev/null 2>&1 &
  while [ -f "$part.busy" ]; do sleep 1; echo; done;
  if [ -f "$part.whole" ]; then why=; else why=$(head -n 1 "$part.why"); fi;
  rm -f "$part" "$part.why" "$part.whole";
  if [ -n "$why" ]; then rm -rf "$part.new"; refuse "$why"; fi;
  if why=$("$part.new/bin/java" -version 2>&1 </dev/null); then
    home=$real/runtime-$runtime;
    if [ -d "$home" ]; then rm -rf "$part.new"; else mv "$part.new" "$home"; fi;
    try_home "$home";
  else
    rm -rf "$part.new";
    why=$(echo "$why" | head -n 1);
    found="$found${found:+, }the one that was brought does not run here: $why";
  fi;
  [ -n "$java" ] || without_java;
fi;

is_good() { [ -f "$1" ] && [ -r "$1" ] && [ "$(sum_of "$1")" = "$want" ]; };
jar=$real/agent-$want.jar;
if is_good "$jar"; then :; else
  receive need "$bytes" "$want" "the agent";
  why=$(mv -f "$part" "$jar" 2>&1) || refuse "$why";
fi;

# When it was used last. Not the time of the jar, which the cache below holds on to.
: > "$real/agent-$want.used";
case "$java" in "$real"/runtime-*) : > "${java%/bin/java}.used";; esac;
# What was not used for long goes. A Java that was brought stays while something runs on it, and
# while a move has something on this host that may be begun again.
find "$real" -type d -name "runtime-*" -prune -o -name "part-*" -prune -mtime +1 -print
-o -name "*.used" -mtime +30 -print |
while IFS= read -r old; do
  case "$old" in
    */part-*) rm -rf "$old";;
    */agent-*)
      rm -f "${old%.used}".jar "${old%.used}"-*.aot "${old%.used}"-*.none "$old";;
    *)
      [ -z "$(ls -A /var/lib/godwit/moves 2>/dev/null)" ] || continue;
      ls -l /proc/[0-9]*/exe 2>/dev/null | grep -qF "${old%.used}/" ||
      rm -rf "${old%.used}" "$old";;
  esac;
done;

# Once for this jar and this Java: a cache from which the agent starts in a third of the time
# (JEP 514). Without it, or when the Java was changed, it only starts slower. A busy host takes long
# for it; the empty lines say that somebody is still there, and after two minutes it does without.
flags="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx512m -Xms32m -Xmn24m -XX:+ExitOnOutOfMemoryError";
flags="$flags -XX:SurvivorRatio=1 -XX:TargetSurvivorRatio=90";
flags="$flags -XX:MinHeapFreeRatio=20 -XX:MaxHeapFreeRatio=30 -XX:-ShrinkHeapInSteps";
flags="$flags -Xlog:disable -Djava.lang.invoke.MethodHandle.COMPILE_THRESHOLD=30";
flags="$flags --enable-native-access=ALL-UNNAMED -Dgodwit.umask=$mask -Dgodwit.lc_all=$LC_ALL";
# Java names files, and hands words to programs, by the locale that it begins with. What the agent
# runs has the one that this script has.
utf8="env LC_ALL=C.UTF-8";
case "$version" in */*) version=unknown;; esac;
cache=$real/agent-$want-$version;
cd @FROM@;
if [ -f "$cache.aot" ] || [ -f "$cache.none" ]; then :; else
  echo;
  part=$real/part-$$.aot;
  busy=$real/part-$$.busy;
  set -- $flags -XX:+UnlockDiagnosticVMOptions -XX:+IgnoreUnrecognizedVMOptions -XX:-AOTRecordTraining;
  set -- "$@" -XX:AOTCacheOutput="$part" -cp "$jar" dev.godwit.cli.StartTraining agent;
  : > "$busy";
  {
    $utf8 "$java" "$@";
    if [ -f "$part" ]; then mv -f "$part" "$cache.aot"; else : > "$cache.none"; fi;
    rm -f "$part"* "$busy";
  } </dev/null >/dev/null 2>&1 &
  waited=0;
  while [ -f "$busy" ] && [ $waited -lt 120 ]; do sleep 1; echo; waited=$((waited + 1)); done;
fi;
set --;
if [ -f "$cache.aot" ]; then set -- "-XX:AOTCache=$cache.aot"; fi;

if [ "$keep" -gt 0 ]; then kept=$keep; else kept=; fi;

say have;
exec $utf8 "$java" $flags "$@" -jar "$jar" agent $kept;
