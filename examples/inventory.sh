#!/bin/bash
# What is in a folder? Counts files and lines by language, finds the largest files, and writes a report in Markdown.
#
#   inventory.sh [FOLDER] [REPORT]
#
# It runs the same in any shell with the usual tools, and in a VM it can be trusted with a folder it has never seen:
#
#   agent-os run examples/inventory.sh --mount .:/repo --exclude node_modules --show /home/user/report.md

export LC_ALL=C
folder=${1:-/repo}
report=${2:-/home/user/report.md}
counts=${TMPDIR:-/tmp}/inventory.$$

cd "$folder" || exit 1
: > "$counts"

echo "looking at $folder"
for entry in * .[!.]*; do
  [ -e "$entry" ] || continue
  before=$(wc -l < "$counts")
  # lines, bytes and path with one space in between; wc aligns them, and adds totals of its own
  find "./$entry" -type f -exec wc -lc {} + | awk '
    $3 != "total" { sub(/^ +/, ""); sub(/ +/, " "); print }
  ' >> "$counts"
  after=$(wc -l < "$counts")
  printf '  %-20s %5d files\n' "$(basename "$entry")" $((after - before))
done

# the language is what comes after the last dot of the name
awk '
  {
    path = $0
    sub(/^[0-9]+ [0-9]+ /, "", path)
    name = path
    sub(/^.*\//, "", name)
    language = "(none)"
    if (match(name, /.\.[A-Za-z0-9]+$/)) {
      language = name
      sub(/^.*\./, "", language)
    }
    files[language]++
    lines[language] += $1
    bytes[language] += $2
  }
  END {
    for (language in files) print language, files[language], lines[language], bytes[language]
  }
' "$counts" | sort -k3,3nr -k1,1 > "$counts.languages"

{
  echo "# Inventory of $(basename "$folder")"
  echo
  awk '{ files++; lines += $1; bytes += $2 } END { printf "%d files, %d lines, %d bytes\n", files, lines, bytes }' "$counts"
  echo
  echo "| language | files | lines | bytes |"
  echo "| --- | ---: | ---: | ---: |"
  awk '{ printf "| %s | %d | %d | %d |\n", $1, $2, $3, $4 }' "$counts.languages"
  echo
  echo "## The ten largest files"
  echo
  echo "| file | bytes | lines |"
  echo "| --- | ---: | ---: |"
  sort -k2,2nr -k3 "$counts" | head -n 10 | awk '
    {
      path = $0
      sub(/^[0-9]+ [0-9]+ \.\//, "", path)
      printf "| %s | %d | %d |\n", path, $2, $1
    }
  '
} > "$report"

echo "$(wc -l < "$counts.languages" | tr -d ' ') languages, $(wc -l < "$counts" | tr -d ' ') files"
echo "the report is in $report"
rm -f "$counts" "$counts.languages"
