/** The host's own pseudo-terminals, through the `pty` module of python3, where there is one. */
import { execFileSync } from "node:child_process"

export interface PtyCase {
  /** Flags by their names in stty(1): all that are on. */
  readonly flags: ReadonlyArray<string>
  /** What a program writes first, and how much of it is expected to be shown. */
  readonly output: ReadonlyArray<number>
  readonly first: number
  /** What is typed, and how much is expected to be shown of each piece: it is waited for. */
  readonly pieces: ReadonlyArray<{ readonly bytes: ReadonlyArray<number>; readonly shown: number }>
  /** How many reads are expected to give something. */
  readonly reads: number
}

export interface PtyResult {
  /** What the terminal shows. */
  readonly shown: ReadonlyArray<number>
  /** What reads give, one after the other. */
  readonly reads: ReadonlyArray<ReadonlyArray<number>>
}

const program = `
import json, os, pty, sys, termios, time, fcntl
def quiet(fd, want):
    # as much as is expected, and what else there may be
    data, idle, until = b"", 0, time.time() + 0.25
    while idle < 2 or (len(data) < want and time.time() < until):
        try:
            data += os.read(fd, 65536)
            idle = 0
        except BlockingIOError:
            idle += 1
            time.sleep(0.001)
    return data
def reads(fd, want):
    got, idle, until = [], 0, time.time() + 0.25
    while idle < 2 or (len(got) < want and time.time() < until):
        try:
            got.append(list(os.read(fd, 65536)))
            idle = 0
        except BlockingIOError:
            idle += 1
            time.sleep(0.001)
    return got
I = ["istrip", "inlcr", "igncr", "icrnl", "ixon", "iuclc", "ixany", "imaxbel"]
O = ["opost", "olcuc", "ocrnl", "onlcr", "onocr", "onlret"]
L = ["isig", "icanon", "iexten", "echo", "echoe", "echok", "echonl", "noflsh", "echoprt", "echoctl", "echoke"]
extra = {"iuclc": 0o1000, "imaxbel": 0o20000, "olcuc": 0o2, "echoctl": 0o1000, "echoprt": 0o2000, "echoke": 0o4000, "iutf8": 0o40000}
bit = lambda name: getattr(termios, name.upper(), extra.get(name))
out = []
for case in json.load(sys.stdin):
    master, slave = pty.openpty()
    a = termios.tcgetattr(slave)
    on = set(case["flags"])
    a[0] = sum(bit(n) for n in I + ["iutf8"] if n in on)
    a[1] = sum(bit(n) for n in O if n in on)
    if "tab3" in on: a[1] |= termios.TABDLY & 0o14000
    a[3] = sum(bit(n) for n in L if n in on)
    a[6][termios.VMIN], a[6][termios.VTIME] = (1, 0)
    termios.tcsetattr(slave, termios.TCSANOW, a)
    for fd in (master, slave):
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)
    if case["output"]: os.write(slave, bytes(case["output"]))
    shown = quiet(master, case["first"])
    for piece in case["pieces"]:
        os.write(master, bytes(piece["bytes"]))
        shown += quiet(master, piece["shown"])
    out.append({"shown": list(shown), "reads": reads(slave, case["reads"])})
    os.close(slave); os.close(master)
json.dump(out, sys.stdout)
`

/** What the host's terminals make of each case; undefined where there is no python3 with terminals. */
export const onHost = (cases: ReadonlyArray<PtyCase>): ReadonlyArray<PtyResult> | undefined => {
  if (process.platform !== "linux") return undefined
  try {
    const text = execFileSync("python3", ["-c", program], {
      input: JSON.stringify(cases),
      encoding: "utf8",
      timeout: 60_000,
      maxBuffer: 64 * 1024 * 1024,
      stdio: ["pipe", "pipe", "ignore"]
    })
    return JSON.parse(text) as ReadonlyArray<PtyResult>
  } catch {
    return undefined
  }
}
