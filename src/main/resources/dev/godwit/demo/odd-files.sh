# Files that are hard to copy. argument: the folder
export LC_ALL=C
mkdir -p "$1"
cd "$1"
echo newline >$'line one\nline two'
echo invalid >$'latin1-\xe4\xf6\xfc'
echo control >$'tab\tbell\a escape\e[31m'
echo dash >./-rf
echo space >'  spaces  '
printf '%.0sx' {1..255} | { read -r name || true; echo long >"$name"; }
: >empty
echo linked >hard-one
ln hard-one hard-two
mkdir -p deep/er
ln hard-one deep/er/hard-three
ln -s hard-one soft
ln -s /does/not/exist dangling
ln -s $'latin1-\xe4\xf6\xfc' soft-invalid
mkfifo queue
mknod device c 1 3
mkdir closed
echo secret >closed/secret
chmod 0400 closed/secret
chmod 0700 closed
chmod 2775 deep
chown 65534:12345 closed/secret
echo listed >listed
setfacl -m u:65534:rw,g:12345:r listed
mkdir inherited
setfacl -d -m u:65534:rwx inherited
echo with >inherited/with
echo without >inherited/without
setfacl -b inherited/without
echo program >program
chmod 0755 program
chown 65534:12345 program
# cap_net_bind_service=ep, as setcap(8) writes it; goes when the owner is changed afterwards
setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 program
ln program deep/program-two
setfattr -n trusted.origin -v 0x00ff0a deep
setfattr -n user.note -v 'with = and "quotes"' hard-one || # no such ones on a tmpfs before 6.6
  setfattr -n trusted.note -v 'with = and "quotes"' hard-one
setfattr -h -n trusted.link -v 1 soft
truncate -s 3M sparse
printf end >>sparse
touch -d '2001-02-03 04:05:06.123456789' empty
touch -h -d '1999-12-31 23:59:59.999999999' soft
touch -d '2005-05-05 05:05:05.000000005' deep
