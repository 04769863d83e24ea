# Installs what the tests need from Debian's packages. To be sourced by a POSIX shell.

# A program that must be there, and the package that has it.
GODWIT_NEEDS="
mvn maven
nginx nginx-light
dovecot dovecot-core
/usr/lib/dovecot/imap dovecot-imapd
/usr/lib/dovecot/pop3 dovecot-pop3d
postfix postfix
mariadbd mariadb-server-core
mariadb mariadb-client-core
pg_lsclusters postgresql
openssl openssl
/lib/systemd/systemd systemd
sshd openssh-server
ssh openssh-client
nft nftables
iptables iptables
curl curl
wrk wrk
socat socat
ip iproute2
mkfs.ext4 e2fsprogs
mkfs.xfs xfsprogs
mkfs.btrfs btrfs-progs
ps procps
strace strace
flock util-linux
rsync rsync
sshfs sshfs
lsyncd lsyncd
python3 python3-minimal
/usr/lib/python3/dist-packages/fusepy.py python3-fusepy
getfacl acl
getfattr attr
setcap libcap2-bin
busybox busybox
mksh mksh
zsh zsh
"

# What invoke-rc.d(8) asks before it starts or stops a service for a package.
GODWIT_POLICY=/usr/sbin/policy-rc.d

# Prints the packages whose programs are missing, each once.
godwit_missing_packages() {
  echo "$GODWIT_NEEDS" | while read -r program package; do
    [ -n "$program" ] || continue
    PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null 2>&1 || echo "$package"
  done | sort -u
}

# Installs them. The packages' own scripts would start nginx, dovecot and sshd on this machine;
# a policy-rc.d that says no is there for as long as it takes, unless the machine has its own.
godwit_install_missing() {
  missing=$(godwit_missing_packages)
  if [ -z "$missing" ]; then
    return 0
  fi
  missing=$(echo "$missing" | tr '\n' ' ')
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need programs that are not here. As root: apt-get install $missing" >&2
    return 1
  fi
  echo "Installing $missing" >&2
  guard=$GODWIT_POLICY
  guarded=
  if ! [ -e "$guard" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$guard" && chmod 755 "$guard" && guarded=1
    trap 'rm -f "$guard"' EXIT
    trap 'exit 130' INT TERM HUP
  fi
  installed=0
  # shellcheck disable=SC2086
  { DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing; } \
    >/dev/null || installed=1
  if [ -n "$guarded" ]; then
    rm -f "$guard"
    trap - EXIT INT TERM HUP
  fi
  if [ "$installed" -ne 0 ]; then
    echo "apt-get could not install: $missing" >&2
  fi
  return "$installed"
}

# Mail transfer agents that cannot be installed beside postfix. Tests unpack them into hosts of the
# lab, from the packages that are kept here.
GODWIT_AGENTS="exim4-daemon-light sendmail-bin"
GODWIT_PACKAGES=/var/cache/godwit-tests

# Downloads them, with what they need and is not installed; nothing is installed and nothing removed.
# What cannot be had is said, and its tests are skipped.
godwit_fetch_agents() {
  for agent in $GODWIT_AGENTS; do
    folder=$GODWIT_PACKAGES/$agent
    if [ -e "$folder/complete" ]; then
      continue
    fi
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
      echo "Tests with $agent are skipped: its packages are downloaded by root with apt-get" >&2
      continue
    fi
    echo "Downloading $agent" >&2
    if mkdir -p "$folder/partial" &&
      { godwit_download "$agent" "$folder" ||
        { apt-get -qq update && godwit_download "$agent" "$folder"; }; } >/dev/null 2>&1; then
      : >"$folder/complete"
    else
      echo "Tests with $agent are skipped: apt-get could not download its packages" >&2
    fi
  done
}

godwit_download() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends --download-only \
    -o Dir::Cache::Archives="$2" -o APT::Sandbox::User=root "$1"
}
