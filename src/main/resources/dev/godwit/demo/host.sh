# Process 1 of one host of the lab: makes the host's own root, then lives as long as its standard
# input. The lab's Java process holds the other end: when that process ends, however it ends, the
# read returns, this process exits and the kernel ends every process, mount and device of the host.
#
# arguments: NAME WORK DATA... -- BIND...
#   WORK  a folder of the machine that is covered by a tmpfs in this mount namespace only
#   DATA  /path=SIZE_MIB=INODES: a file system of its own, ext4 on a loop device, else tmpfs
#   BIND  a path of the machine that is shown read-only at the same place
set -eu
read -r pid _ </proc/self/stat # the number in the machine's own /proc, which is still mounted
echo "pid $pid"
name=$1 work=$2
shift 2

mount --make-rprivate /
data=()
while [ "$1" != -- ]; do data+=("$1"); shift; done
shift
mount -t tmpfs -o size=80%,mode=755 godwit-lab "$work"
mkdir "$work/up" "$work/wk" "$work/root"
r=$work/root
if ! mount -t overlay -o "lowerdir=/,upperdir=$work/up,workdir=$work/wk" godwit-lab "$r"; then
  echo "an overlay file system cannot be mounted here" >&2
  exit 1
fi
mount -t proc proc "$r/proc"
mount --rbind /dev "$r/dev"
mount -t sysfs sysfs "$r/sys" 2>/dev/null || true
mount --rbind /sys/fs/cgroup "$r/sys/fs/cgroup" 2>/dev/null || true
mount -t tmpfs -o mode=755 run "$r/run"
mount -t tmpfs -o mode=1777 tmp "$r/tmp"
# The machine's keys are no business of the lab's hosts.
mkdir -p "$r/root/.ssh"
mount -t tmpfs -o mode=700 ssh "$r/root/.ssh"

for spec in "${data[@]}"; do
  IFS== read -r path mib inodes <<<"$spec"
  mkdir -p "$r$path"
  image=$work/image${path//\//-}
  kind=tmpfs
  truncate -s "${mib}M" "$image"
  if mkfs.ext4 -q -F -m 0 -N "$inodes" -E lazy_itable_init=0,nodiscard "$image" 2>/dev/null; then
    for try in 1 2 3; do # another lab may take the free loop device first
      if mount -o loop "$image" "$r$path" 2>/dev/null; then kind=ext4; break; fi
    done
  fi
  if [ $kind = ext4 ]; then
    rmdir "$r$path/lost+found"
  else
    rm -f "$image"
    mount -t tmpfs -o "size=${mib}M,nr_inodes=$inodes,mode=755" data "$r$path"
  fi
  echo "data $path $kind"
done

for path in "$@"; do
  mkdir -p "$r$path"
  mount --bind "$path" "$r$path"
  mount -o remount,bind,ro "$r$path"
done

cd "$r"
mkdir -p .lab-machine
pivot_root . .lab-machine
umount -l /.lab-machine
rmdir /.lab-machine
hostname "$name"
ip link set lo up
echo ready

while read -r word; do
  if [ "$word" = keep ]; then
    trap '' HUP INT TERM PIPE
    exec </dev/null >/dev/null 2>&1
    while :; do sleep 86400; done
  fi
done
