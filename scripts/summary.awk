# Counts what the surefire reports on standard input say. Names each test that was skipped (of those
# of one class that were skipped for one reason, how many), then each that failed, with the
# beginning and the end of what it said: where only the end of a long output is kept, that is in it.
# Ends with the line `N passed, N failed, N skipped`, and exits with 1 unless something ran and
# nothing failed.
# broken=1: Maven itself ended with a failure.

function attribute(line, name,    value) {
  if (!match(line, "[ \t]" name "=\"[^\"]*\"")) return ""
  value = substr(line, RSTART, RLENGTH)
  sub(/^[^"]*"/, "", value)
  sub(/"$/, "", value)
  return value
}

# A failure's message, indented: its first lines and its last ones, none of them long.
function shown(message,    lines, count, i, text) {
  gsub(/&lt;/, "<", message)
  gsub(/&gt;/, ">", message)
  gsub(/&quot;/, "\"", message)
  gsub(/&amp;/, "\\&", message)
  count = split(message, lines, /&#10;/)
  for (i = 1; i <= count; i++) {
    if (i == FIRST_LINES + 1 && count > FIRST_LINES + LAST_LINES) {
      text = text "    …\n"
      i = count - LAST_LINES + 1
    }
    if (lines[i] != "") text = text "    " substr(lines[i], 1, LINE_LENGTH) "\n"
  }
  return text
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
  class = attribute($0, "classname")
  running = class "." attribute($0, "name")
  tests++
  counted = 0
}
/<skipped/ && !counted {
  counted = 1
  skipped++
  reason = attribute($0, "message")
  group = class (reason == "" ? "" : ": " reason)
  if (!(group in alike)) groups[++grouped] = group
  alike[group]++
  names[group] = running (reason == "" ? "" : ": " reason)
}
(/<failure/ || /<error/) && !counted {
  counted = 1
  failed++
  failures = failures "failed: " running "\n" shown(attribute($0, "message"))
}

END {
  passed = tests - skipped - failed
  for (i = 1; i <= grouped; i++) {
    group = groups[i]
    print "skipped: " (alike[group] == 1 ? names[group] : alike[group] " tests of " group)
  }
  printf "%s", failures
  # A test process that died leaves no report, but Maven knows.
  if (broken && !failed) {
    failed = 1
    print "failed: the run itself, see target/verify.log"
  }
  printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
  exit (failed > 0 || passed == 0)
}
