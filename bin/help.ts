/** The help texts. They are written by hand: short, by subject, and with no machinery to load. */

const general = `agent-os: runs scripts in virtual machines that cannot touch this computer

Usage
  agent-os run SCRIPT [ARGUMENT]... [FLAG]...   run a script in a fresh VM
  agent-os run -c COMMAND [FLAG]...             run a shell command in a fresh VM
  agent-os doctor [--json]                      check whether VMs can run here
  agent-os --version
  agent-os COMMAND --help
`

const run = `agent-os run: runs a script in a fresh VM, and says what it changed there

Usage
  agent-os run SCRIPT [ARGUMENT]... [FLAG]...
  agent-os run SCRIPT [FLAG]... -- [ARGUMENT]...   for arguments that begin with -
  agent-os run -c COMMAND [ARGUMENT]... [FLAG]...

SCRIPT is a file of this computer, or - for standard input. In the VM it is /home/user/NAME.

What the VM gets
  --mount HOST:GUEST[:ro|:rw]  a copy of a folder; read-only unless :rw; may be repeated
  --exclude NAME               leave out what has this name in mounts, at any depth; may be repeated
  --env NAME=VALUE             a variable of the script; may be repeated
  --cwd DIR                    working directory in the VM; else /home/user
  --stdin                      give standard input to the script, once all of it is there

What bounds it
  --timeout TIME               stop it after 500ms, 30s, 2m or 1h
  --limit NAME=VALUE           a limit of the VM, as in filesystemBytes=256M; may be repeated

What comes back
  --show GUEST_FILE            print this file of the VM at the end; may be repeated
  --write-back                 bring what changed below :rw mounts back to this computer, all or nothing;
                               only if the exit code is 0, and only if nobody changed the same files meanwhile
  --no-changes                 do not list what changed
  --json                       print one JSON document at the end, instead of the output as it comes:
                               exitCode, signal?, timedOut?, stdout, stderr, truncated?, changes?, wroteBack?,
                               shown?, error?

Exit code
  the script's; 128 + n if signal n ended it; 124 at the timeout; 125 if agent-os itself failed;
  130 and 143 if agent-os was stopped by Ctrl-C or SIGTERM

Examples
  agent-os run -c 'echo hello from $(hostname)'
  agent-os run tidy.sh --mount .:/work:rw --exclude node_modules --cwd /work --write-back
`

const doctor = `agent-os doctor: checks whether VMs can run on this computer, and says what to do if not

Usage
  agent-os doctor [--json]

Exit code
  0 if all is well but for warnings; else 1
`

const asks = (word: string): boolean => word === "--help" || word === "-h"

/** The text that the words of a command line ask for, if they ask for one. */
export const helpFor = (words: ReadonlyArray<string>): string | undefined => {
  const end = words.indexOf("--")
  const ours = end === -1 ? words : words.slice(0, end)
  if (ours.length > 0 && !ours.some(asks)) return undefined
  if (ours[0] === "run") return run
  return ours[0] === "doctor" ? doctor : general
}
