/** The help texts. They are written by hand: short, by subject, and with no machinery to load. */

const general = `agent-os: runs scripts in virtual machines that cannot touch this computer

Usage
  agent-os run SCRIPT [ARGUMENT]... [FLAG]...   run a script in a fresh VM
  agent-os run -c COMMAND [FLAG]...             run a shell command in a fresh VM
  agent-os shell [FLAG]...                      talk to a shell in a fresh VM
  agent-os mcp [FLAG]...                        serve a VM to a model, as an MCP server
  agent-os replay FILE...                       run recordings again, and compare
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
  --mount HOST:GUEST[:ro|:rw]  a folder; with :rw changes stay in the VM; may be repeated
  --exclude NAME               leave out what has this name in mounts, at any depth; may be repeated
  --env NAME=VALUE             a variable of the script; may be repeated
  --cwd DIR                    working directory in the VM; else /home/user
  --stdin                      give standard input to the script, once all of it is there

What bounds it
  --timeout TIME               stop it after 500ms, 30s, 2m or 1h
  --limit NAME=VALUE           a limit of the VM, as in filesystemBytes=256M; may be repeated

  --permissions FILE           a policy as JSON, as in {"fs": {"default": "allow", "rules": [{"mode": "deny",
                               "paths": ["/data/private/**"]}]}, "network": "deny"}; it holds for --show too

What comes back
  --audit FILE                 write what is decided, approved and called to FILE: one event as JSON in each line,
                               as it comes; the file is begun anew
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

const shell = `agent-os shell: a shell in a fresh VM, at this terminal

Usage
  agent-os shell [FLAG]...

It is bash, begun as a login shell. The VM ends with it, and all that is in it; what changed there is listed then.
It needs a terminal for input and output: scripts and commands run with agent-os run.

What the VM gets
  --mount HOST:GUEST[:ro|:rw]  a folder; with :rw changes stay in the VM; may be repeated
  --exclude NAME               leave out what has this name in mounts, at any depth; may be repeated
  --env NAME=VALUE             a variable of the shell; may be repeated
  --cwd DIR                    where the shell begins; else /home/user

What bounds it
  --limit NAME=VALUE           a limit of the VM, as in filesystemBytes=256M; may be repeated
  --permissions FILE           a policy as JSON, as for agent-os run

What comes back
  --audit FILE                 write what is decided, approved and called to FILE: one event as JSON in each line
  --write-back                 bring what changed below :rw mounts back to this computer, all or nothing;
                               only if the exit code is 0, and only if nobody changed the same files meanwhile
  --no-changes                 do not list what changed

Exit code
  the shell's; 128 + n if signal n ended it; 125 if agent-os itself failed, or there is no terminal;
  129 and 143 if agent-os was stopped by SIGHUP or SIGTERM

Examples
  agent-os shell --mount .:/work --cwd /work
  agent-os shell --mount .:/work:rw --exclude node_modules --write-back
`

const doctor = `agent-os doctor: checks whether VMs can run on this computer, and says what to do if not

Usage
  agent-os doctor [--json]

Exit code
  0 if all is well but for warnings; else 1
`

const replay = `agent-os replay: runs recordings of VMs again, and compares what happens

Usage
  agent-os replay FILE...

FILE may be a folder: it stands for the files in it. Of each recording it prints the number of events, their hash, and the
hash of the root of each VM. Of several, all are replayed, whatever becomes of some.

Exit code
  0 if all is as recorded; 1 at the first event that differs, which is told; 125 if a FILE is not there, or is no
  recording of this version, or is damaged
`

const mcp = `agent-os mcp: serves a fresh VM to a model, as an MCP server

Usage
  agent-os mcp [FLAG]...                 one client, over standard input and output
  agent-os mcp --http PORT [FLAG]...     many, at http://127.0.0.1:PORT/mcp

The model gets the tools run, read, write, list and diff. All clients have the same VM; it ends with the server.

What the VM gets
  --mount HOST:GUEST[:ro|:rw]  a folder; with :rw changes stay in the VM; may be repeated
  --exclude NAME               leave out what has this name in mounts, at any depth; may be repeated
  --env NAME=VALUE             a variable of what runs; may be repeated

What bounds it
  --permissions FILE           a JSON document of permissions, as in {"fs":"allow","tool":"allow","network":"deny"}
  --limit NAME=VALUE           a limit of the VM, as in filesystemBytes=256M; may be repeated

How it is reached
  --http PORT                  over HTTP, from this computer only; 0 for any port that is free
  AGENT_OS_MCP_TOKEN           if it is set, clients over HTTP must send it as a bearer token

Exit code
  0 when the client has gone; 125 if agent-os failed, or was called wrongly;
  130 and 143 if agent-os was stopped by Ctrl-C or SIGTERM

Example
  claude mcp add machine -- npx agent-os mcp --mount .:/work
`

const asks = (word: string): boolean => word === "--help" || word === "-h"

/** The text that the words of a command line ask for, if they ask for one. */
export const helpFor = (words: ReadonlyArray<string>): string | undefined => {
  const end = words.indexOf("--")
  const ours = end === -1 ? words : words.slice(0, end)
  if (ours.length > 0 && !ours.some(asks)) return undefined
  if (ours[0] === "run") return run
  if (ours[0] === "shell") return shell
  if (ours[0] === "replay") return replay
  if (ours[0] === "mcp") return mcp
  return ours[0] === "doctor" ? doctor : general
}
