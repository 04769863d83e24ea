# Finds a JDK 25 or newer. To be sourced by a POSIX shell; starts no process, so that a
# command of Godwit does not wait for it.

GODWIT_JDK_MIN=25

# Prints nothing; sets jdk_version to the version of the JDK at $1, such as 25.0.3, when that is
# a JDK (with compiler) new enough. Every JDK since 9 says its version in a file.
godwit_jdk_at() {
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  jdk_version=
  while IFS='=' read -r key value; do
    [ "$key" = JAVA_VERSION ] || continue
    value=${value#\"}
    jdk_version=${value%\"}
  done <"$1/release"
  major=${jdk_version%%[.+_-]*}
  case $major in
    '' | *[!0-9]*) return 1 ;;
  esac
  [ "$major" -ge "$GODWIT_JDK_MIN" ]
}

# Sets JAVA_HOME and jdk_version, or says what to install and returns 1. The user's own choice
# comes first: JAVA_HOME, then the PATH, then the places where packages and tools put a JDK.
godwit_find_jdk() {
  if [ -n "${JAVA_HOME:-}" ] && godwit_jdk_at "$JAVA_HOME"; then
    export JAVA_HOME
    return 0
  fi
  on_path=$(command -v javac 2>/dev/null) || on_path=
  if [ -n "$on_path" ]; then
    on_path=$(readlink -f "$on_path")
    on_path=${on_path%/bin/javac}
  fi
  for home in \
    "$on_path" \
    /usr/lib/jvm/* \
    /usr/java/* \
    /opt/*jdk* /opt/*java* /opt/*temurin* \
    /usr/local/*jdk* \
    "${HOME:-/root}"/.sdkman/candidates/java/* \
    "${HOME:-/root}"/.jdks/* \
    "${HOME:-/root}"/.asdf/installs/java/* \
    "${HOME:-/root}"/.local/share/mise/installs/java/*; do
    if [ -n "$home" ] && godwit_jdk_at "$home"; then
      JAVA_HOME=$home
      export JAVA_HOME
      return 0
    fi
  done
  cat >&2 <<END
godwit: needs a JDK $GODWIT_JDK_MIN or newer, and there is none in JAVA_HOME, in the PATH or in the usual places.
Install one of these packages:
  apt-get install openjdk-25-jdk-headless    (Debian 13 with backports, Ubuntu 25.10 and newer)
  apt-get install temurin-25-jdk             (all others; first add https://packages.adoptium.net)
or unpack one anywhere and set JAVA_HOME.
END
  return 1
}
