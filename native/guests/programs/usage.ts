/** What programs say of themselves, for `--help` and `--version`. */
import type { OptionSpec } from "./options.ts"
import type { Informed } from "./program.ts"

/** Operands and purpose by name. */
const table = `
arch||Print the machine's hardware name.
awk|PROGRAM [FILE]...|Scan and process text by patterns.
base32|[FILE]|Encode or decode standard input or FILE in base32.
base64|[FILE]|Encode or decode standard input or FILE in base64.
basename|NAME [SUFFIX]|Print NAME without its leading directories.
bc|[FILE]...|Calculate with numbers of any precision.
cat|[FILE]...|Write FILEs one after the other to standard output.
chgrp|GROUP FILE...|Change the group of FILEs.
chmod|MODE[,MODE]... FILE...|Change the mode bits of FILEs.
chown|[OWNER][:[GROUP]] FILE...|Change the owner and group of FILEs.
cksum|[FILE]...|Print checksums and sizes of FILEs.
clear||Clear the screen of the terminal.
cmp|FILE1 [FILE2 [SKIP1 [SKIP2]]]|Compare two files byte by byte.
column|[FILE]...|Put lists into columns.
comm|FILE1 FILE2|Compare two sorted files line by line.
cp|SOURCE... DEST|Copy files and directories.
csplit|FILE PATTERN...|Split a file into pieces at patterns.
cut|[FILE]...|Print chosen parts of every line.
date|[+FORMAT]|Print the time in a given form.
dd|[OPERAND]...|Copy a file, converting and formatting on the way.
df|[FILE]...|Show the space that filesystems have left.
diff|FILES|Compare files line by line.
dirname|NAME...|Print NAMEs without their last part.
du|[FILE]...|Show the space that files take.
env|[NAME=VALUE]... [COMMAND [ARG]...]|Run a command in a changed environment.
envsubst|[SHELL-FORMAT]|Put the values of environment variables into text.
expand|[FILE]...|Turn tabs into spaces.
expr|EXPRESSION|Print the value of EXPRESSION.
factor|[NUMBER]...|Print the prime factors of NUMBERs.
file|FILE...|Tell the type of FILEs.
find|[PATH]... [EXPRESSION]|Search directories for files.
flock|FILE COMMAND [ARG]...|Hold the lock of a file while a command runs.
fmt|[FILE]...|Fill paragraphs to a width.
fold|[FILE]...|Wrap lines to a width.
free||Show free and used memory.
getconf|NAME|Print a value of the system's configuration.
grep|PATTERNS [FILE]...|Search for PATTERNS in every FILE.
groups|[USER]...|Print the groups that a user is in.
gunzip|[FILE]...|Expand FILEs.
gzip|[FILE]...|Compress or expand FILEs.
head|[FILE]...|Print the first part of FILEs.
hexdump|[FILE]...|Show the content of FILEs in hexadecimal or other forms.
hostname||Print the name of the machine.
id|[USER]...|Print user and group information.
install|SOURCE... DEST|Copy files and set their attributes.
join|FILE1 FILE2|Join the lines of two files on a common field.
link|FILE1 FILE2|Make FILE2 another name of FILE1.
ln|TARGET... [LINK]|Make links between files.
ls|[FILE]...|List directories and files.
md5sum|[FILE]...|Print or check MD5 checksums.
mkdir|DIRECTORY...|Make directories.
mktemp|[TEMPLATE]|Make a temporary file or directory and print its name.
mv|SOURCE... DEST|Rename or move files.
nice|[COMMAND [ARG]...]|Run a command with another priority.
nl|[FILE]...|Number the lines of FILEs.
nohup|COMMAND [ARG]...|Run a command that ignores hang-ups.
nproc||Print the number of processors.
numfmt|[NUMBER]...|Convert numbers from and to human forms.
od|[FILE]...|Show the content of FILEs in octal or other forms.
paste|[FILE]...|Join corresponding lines of FILEs.
patch|[ORIGINAL [PATCHFILE]]|Apply a difference to files.
pgrep|PATTERN|Find processes by name.
pkill|PATTERN|Signal processes by name.
printenv|[VARIABLE]...|Print the values of environment variables.
ps||List processes.
readlink|FILE...|Print where links lead.
realpath|FILE...|Print absolute names without links.
rev|[FILE]...|Reverse the characters of every line.
rm|[FILE]...|Remove FILEs.
rmdir|DIRECTORY...|Remove empty directories.
sed|[SCRIPT] [FILE]...|Edit a stream of text.
seq|[FIRST [INCREMENT]] LAST|Print numbers from FIRST to LAST.
setsid|PROGRAM [ARG]...|Run a program in a new session.
shuf|[FILE]|Print lines in random order.
sleep|NUMBER[SUFFIX]...|Wait for a time.
sort|[FILE]...|Print the lines of all FILEs in order.
split|[FILE [PREFIX]]|Split a file into pieces.
stat|FILE...|Show the status of files.
strings|[FILE]...|Print the printable strings in FILEs.
stty|[SETTING]...|Print or change the settings of a terminal.
sum|[FILE]...|Print checksums and block counts of FILEs.
sync|[FILE]...|Wait until what was written is kept.
tac|[FILE]...|Print FILEs with the last line first.
tail|[FILE]...|Print the last part of FILEs.
tar|[OPTION]... [FILE]...|Keep many files in one archive.
tee|[FILE]...|Copy standard input to FILEs and to standard output.
timeout|DURATION COMMAND [ARG]...|Run a command, and stop it when it takes too long.
top||Show the processes once.
touch|FILE...|Set the times of FILEs, making those that are missing.
tr|STRING1 [STRING2]|Translate, squeeze or delete characters.
tree|[DIRECTORY]...|Draw what is in DIRECTORIES as a tree.
truncate|FILE...|Set the size of FILEs.
tsort|[FILE]|Sort by dependencies.
tty||Print the name of the terminal.
uname||Print information on the system.
unexpand|[FILE]...|Turn blanks into tabs.
uniq|[INPUT [OUTPUT]]|Report or leave out repeated lines.
unlink|FILE|Remove one name.
unzip|ARCHIVE [FILE]...|List, test and take out the files of a zip archive.
uptime||Tell how long the system has run.
watch|COMMAND|Run a command again and again.
wc|[FILE]...|Count lines, words and bytes.
which|NAME...|Show where programs are.
whoami||Print the name of the user.
xargs|[COMMAND [ARG]...]|Build and run commands from standard input.
xxd|[FILE [OUTFILE]]|Make a hexadecimal dump, or the reverse.
yes|[STRING]...|Print a string again and again.
zcat|[FILE]...|Print what compressed FILEs hold.
zcmp|FILE1 [FILE2]|Compare what two compressed files hold byte by byte.
zdiff|FILE1 [FILE2]|Compare what two compressed files hold line by line.
zegrep|PATTERN [FILE]...|Search compressed FILEs for an extended regular expression.
zfgrep|PATTERN [FILE]...|Search compressed FILEs for a fixed string.
zgrep|PATTERN [FILE]...|Search compressed FILEs for a pattern.
zip|ARCHIVE [FILE]...|Put files into a zip archive.
`

const VERSION = "0.1.0"

const entry = (name: string): readonly [operands: string, purpose: string] => {
  const line = table.split("\n").find((each) => each.startsWith(`${name}|`))
  const [, operands = "", purpose = ""] = line?.split("|") ?? []
  return [operands, purpose]
}

/** The options of a specification: short and long forms of one on a line. */
const optionLines = ({ long = {}, short }: OptionSpec): ReadonlyArray<string> => {
  const rows = new Map<string, Array<string>>()
  const row = (target: string): Array<string> => {
    const known = rows.get(target)
    if (known !== undefined) return known
    const made: Array<string> = []
    rows.set(target, made)
    return made
  }
  const letters = Array.from(short.matchAll(/([^:])(:{0,2})/g), ([, letter, value]) => [letter, value] as const)
  for (const [key, target] of Object.entries(long)) {
    row(target).push(`--${key.replace(/=$/, "=VALUE").replace("[=VALUE", "[=VALUE]")}`)
  }
  for (const [letter, value] of letters) row(letter).unshift(`-${letter}${value === ":" ? " VALUE" : ""}`)
  return Array.from(rows.values(), (forms) => `${forms[0].startsWith("--") ? "      " : "  "}${forms.join(", ")}`)
    .sort()
}

const help = (name: string, spec: OptionSpec): string => {
  const [operands, purpose] = entry(name)
  const options = [...optionLines(spec), "      --help", "      --version"]
  const synopsis = `Usage: ${name} [OPTION]...${operands === "" ? "" : ` ${operands}`}`
  return `${synopsis}\n${purpose === "" ? "" : `${purpose}\n`}\n${options.join("\n")}\n`
}

export const describe = (name: string, { about, spec }: Informed): string =>
  // Scripts look for the word GNU to know which options they may use.
  about === "version" ? `${name} (effect-agent-os, compatible with GNU) ${VERSION}\n` : help(name, spec)
