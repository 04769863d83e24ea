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
mkdir closed
echo secret >closed/secret
chmod 0400 closed/secret
chmod 0700 closed
chmod 2775 deep
chown 65534:12345 closed/secret
truncate -s 3M sparse
printf end >>sparse
touch -d '2001-02-03 04:05:06.123456789' empty
touch -h -d '1999-12-31 23:59:59.999999999' soft
touch -d '2005-05-05 05:05:05.000000005' deep
