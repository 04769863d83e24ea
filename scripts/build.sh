# Builds Godwit into target/run, where ./godwit runs it from. To be sourced by a POSIX shell
# that has set $root (the directory of the sources) and sourced jdk.sh.
#
# target/run/godwit.jar        Maven's jar with its oldest classes in a newer format, renamed into
#                              place when it is whole, so that a build never changes a file under a
#                              process that runs
# target/run/godwit.jar.sha256 its hash and its size
# target/run/godwit-V.aot      the ahead-of-time cache (JEP 514) for the JDK of version V, of all
#                              commands but those that have one of their own, godwit-V-COMMAND.aot

run=$root/target/run
jar=$run/godwit.jar

# True when a source is newer than the jar, or gone since then (which changes its directory).
godwit_is_stale() {
  [ -f "$jar" ] || return 0
  [ -d "$root/src/main" ] || return 1
  [ -n "$(find "$root/src/main" "$root/pom.xml" -newer "$jar" -print -quit)" ]
}

# What Maven's own JVM would otherwise warn about on the terminal.
godwit_maven() {
  if ! command -v mvn >/dev/null 2>&1; then
    echo "godwit: needs Maven to build itself: apt-get install maven" >&2
    return 1
  fi
  (
    cd "$root" || exit 1
    MAVEN_OPTS="${MAVEN_OPTS:-} --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED"
    export MAVEN_OPTS
    exec mvn -B -Dstyle.color=never "$@"
  )
}

# Runs "$@" while no other process builds here.
godwit_locked() {
  if ! mkdir -p "$run" 2>/dev/null || ! [ -w "$run" ]; then
    echo "godwit: has to be built first, and $root/target may not be written by this user." >&2
    echo "Run ./godwit --version once as a user who may." >&2
    return 1
  fi
  # The lock is on a descriptor of the subshell: it ends with it, however that ends. Programs that
  # it starts do not inherit it for long; daemons are never started here.
  (
    if ! flock -n 9; then
      echo "Another process is building Godwit; waiting for it..." >&2
      flock 9 || exit 1
    fi
    "$@"
  ) 9>"$run/lock"
}

# Builds without tests when that is needed. Called under the lock: another process may have
# built while this one waited for it.
godwit_build_if_stale() {
  if godwit_is_stale; then
    echo "Building Godwit (once, about a minute)..." >&2
    started=$run/started
    : >"$started"
    log=$run/build.log
    if ! godwit_maven -q -Dmaven.test.skip=true -Dspotless.check.skip=true package >"$log" 2>&1; then
      grep -E 'ERROR|needs Maven' "$log" |
        grep -vE '^\[ERROR\] *(-> )?(\[Help|To see|Re-run|For more|$)' | head -n 40 >&2
      echo "godwit: could not be built; all of Maven's output is in $log" >&2
      return 1
    fi
    godwit_publish "$started"
  fi
}

# Puts Maven's jar into place, its oldest classes in a newer format (cli/OldClasses), as old as the
# moment when the build began: a source that was changed meanwhile is newer than it.
godwit_publish() {
  "$JAVA_HOME/bin/java" -XX:TieredStopAtLevel=1 -cp "$root/target/godwit.jar" dev.godwit.cli.OldClasses \
    "$root/target/godwit.jar" "$jar.new" && touch -r "$1" "$jar.new" || return 1
  rm -f "$run"/godwit-*.aot "$run"/godwit-*.aot.failed "$jar.sha256"
  mv -f "$jar.new" "$jar"
  # Its hash and size, so that nobody has to count them at each start.
  sum=$(sha256sum <"$jar") && echo "${sum%% *} $(wc -c <"$jar")" >"$jar.sha256"
  godwit_train
}

# Where the ahead-of-time cache of a command is. All of a cache is in the memory of each process:
# the forwarder, which stays, and copies have one with their own classes alone.
godwit_cache() {
  case $1 in
    sync | forward) aot=$run/godwit-$jdk_version-$1.aot ;;
    *) aot=$run/godwit-$jdk_version.aot ;;
  esac
}

# Makes the ahead-of-time caches. Godwit also runs without one, only slower, so a failure is silent
# (training.log has it) and is not repeated before the next build. Without the training's profiles:
# with them all that was compiled there is compiled at each start, which is a sixth of its processor
# time and gains nothing (docs/benchmarks.md). A Java that has them no more ignores the flag.
godwit_train() {
  for trained in "" sync forward; do
    godwit_cache "$trained"
    if [ -f "$aot" ] || [ -f "$aot.failed" ]; then
      continue
    fi
    # shellcheck disable=SC2086
    if "$JAVA_HOME/bin/java" $GODWIT_FLAGS $GODWIT_FLAGS_SHORT \
      $GODWIT_FLAGS_TRAINING -XX:AOTCacheOutput="$aot.new" -cp "$jar" dev.godwit.cli.StartTraining $trained \
      >"$run/training.log" 2>&1; then
      mv -f "$aot.new" "$aot"
    else
      rm -f "$aot.new"
      : >"$aot.failed"
    fi
  done
}

# The flags that Godwit runs with. -Xlog:disable: an ahead-of-time cache of another JDK is
# not used, which needs no warning. UsePerfData: no file in /tmp for each start.
# The threshold: how system calls are made is put together of a dozen method handles, each of which
# would be compiled to a class at once, and only the last is ever called.
GODWIT_FLAGS="-XX:+UseSerialGC -XX:-UsePerfData -Xlog:disable --enable-native-access=ALL-UNNAMED
-Djava.lang.invoke.MethodHandle.COMPILE_THRESHOLD=30"
# For what ends before the second compiler would pay, or leaves most of its work to the kernel.
GODWIT_FLAGS_SHORT="-XX:TieredStopAtLevel=1"
GODWIT_FLAGS_TRAINING="-XX:+UnlockDiagnosticVMOptions -XX:+IgnoreUnrecognizedVMOptions -XX:-AOTRecordTraining"
# Compiled when called for the sixtieth time, not the two hundredth: of 0.4 s a twentieth is waited for less.
GODWIT_FLAGS_SOON="-XX:Tier3InvocationThreshold=60 -XX:Tier3MinInvocationThreshold=30
-XX:Tier3CompileThreshold=120 -XX:Tier3BackEdgeThreshold=1000"
