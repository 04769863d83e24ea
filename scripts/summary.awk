# Counts what the surefire reports on standard input say. Names each test that failed or was
# skipped, with the beginning and the end of what it said, ends with the line
# `N passed, N failed, N skipped`, and exits with 1 unless something ran and nothing failed.
# broken=1: Maven itself ended with a failure.

function attribute(line, name,    value) {
  if (!match(line, "[ \t]" name "=\"[^\"]*\"")) return ""
  value = substr(line, RSTART, RLENGTH)
  sub(/^[^"]*"/, "", value)
  sub(/"$/, "", value)
  return value
}

# A failure's message, indented: its first lines and its last ones, none of them long.
function show(message,    lines, count, i) {
  gsub(/&lt;/, "<", message)
  gsub(/&gt;/, ">", message)
  gsub(/&quot;/, "\"", message)
  gsub(/&amp;/, "\\&", message)
  count = split(message, lines, /&#10;/)
  for (i = 1; i <= count; i++) {
    if (i == FIRST_LINES + 1 && count > FIRST_LINES + LAST_LINES) {
      print "    …"
      i = count - LAST_LINES + 1
    }
    if (lines[i] != "") print "    " substr(lines[i], 1, LINE_LENGTH)
  }
}

BEGIN {
  FIRST_LINES = 20
  LAST_LINES = 60
  LINE_LENGTH = 200
}

# What a test printed is in the report as it is.
/<system-(out|err)>/ { printed = 1 }
printed {
  if (/<\/system-(out|err)>/) printed = 0
  next
}

/<testcase / {
  running = attribute($0, "classname") "." attribute($0, "name")
  tests++
  counted = 0
}
/<skipped/ && !counted {
  counted = 1
  skipped++
  reason = attribute($0, "message")
  print "skipped: " running (reason == "" ? "" : ": " reason)
}
(/<failure/ || /<error/) && !counted {
  counted = 1
  failed++
  print "failed: " running
  show(attribute($0, "message"))
}

END {
  passed = tests - skipped - failed
  # A test process that died leaves no report, but Maven knows.
  if (broken && !failed) {
    failed = 1
    print "failed: the run itself, see target/verify.log"
  }
  printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
  exit (failed > 0 || passed == 0)
}
