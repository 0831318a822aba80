/** Programs of the host at a terminal of its own, through the `pty` module of python3, where there is one. */
import { spawn } from "node:child_process"

export interface HostSession {
  readonly argv: ReadonlyArray<string>
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly cols: number
  readonly rows: number
  /** What is typed, one after the other, each when the screen has come to rest; or a signal for the program, or its children. */
  readonly steps: ReadonlyArray<
    | { readonly keys: string; readonly until?: string }
    | { readonly kill: number }
    | { readonly killChildren: number }
    | { readonly resize: readonly [number, number] }
  >
  /** Milliseconds without output that count as rest. */
  readonly rest: number
}

export interface HostResult {
  readonly output: string
  /** As wait(2) has it: negative for a signal. */
  readonly status: number | null
  /** Whether the terminal has the settings that it had before. */
  readonly restored: boolean
}

const program = `
import fcntl, json, os, pty, select, signal, struct, sys, termios, threading, time
def parent(pid):
    try:
        with open("/proc/" + pid + "/stat") as file: return int(file.read().rpartition(")")[2].split()[1])
    except OSError: return None
def run(case):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", case["rows"], case["cols"], 0, 0))
    before = termios.tcgetattr(slave)
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for fd in (0, 1, 2): os.dup2(slave, fd)
        os.closerange(3, 256)
        os.chdir(case["cwd"])
        os.execvpe(case["argv"][0], case["argv"], case["env"])
    out, state = b"", {"status": None}
    def read(seconds):
        nonlocal out
        if master not in select.select([master], [], [], seconds)[0]: return False
        try: out += os.read(master, 65536)
        except OSError: return False
        return True
    def reap():
        if state["status"] is None:
            got, status = os.waitpid(pid, os.WNOHANG)
            if got: state["status"] = os.waitstatus_to_exitcode(status)
        return state["status"] is not None
    def settle(until, end, mark):
        while time.time() < end and not reap():
            if until and until.encode() not in out[mark:]:
                read(0.05)
            elif not read(case["rest"] / 1000): return
    end = time.time() + 60
    settle(case.get("begin"), end, 0)
    for step in case["steps"]:
        if reap(): break
        mark = len(out)
        if "kill" in step: os.kill(pid, step["kill"])
        elif "killChildren" in step:
            for each in os.listdir("/proc"):
                if each.isdigit() and parent(each) == pid: os.kill(int(each), step["killChildren"])
        elif "resize" in step:
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", step["resize"][1], step["resize"][0], 0, 0))
        else: os.write(master, step["keys"].encode())
        settle(step.get("until"), end, mark)
    limit = time.time() + case.get("wait", 0)
    while not reap() and time.time() < limit: read(0.05)
    while read(0.05): pass
    restored = termios.tcgetattr(slave) == before
    if not reap():
        os.killpg(pid, signal.SIGKILL); os.waitpid(pid, 0)
    os.close(slave); os.close(master)
    return {"output": out.decode("utf-8", "replace"), "status": state["status"], "restored": restored}
cases = json.load(sys.stdin)
# each in a process of its own: forks and threads do not go together
import multiprocessing
with multiprocessing.Pool(4) as pool: results = pool.map(run, cases)
json.dump(results, sys.stdout)
`

/** What the programs show; undefined where there is no python3 with terminals. */
export const atHostTerminal = (
  cases: ReadonlyArray<HostSession & { readonly begin?: string; readonly wait?: number }>
): Promise<ReadonlyArray<HostResult> | undefined> =>
  new Promise((resolve) => {
    const child = spawn("python3", ["-c", program], { stdio: ["pipe", "pipe", "pipe"] })
    let text = ""
    child.on("error", () => resolve(undefined))
    child.stdin.on("error", () => {})
    child.stdout.setEncoding("utf8").on("data", (piece: string) => (text += piece))
    child.on("close", (code) => resolve(code === 0 ? JSON.parse(text) as ReadonlyArray<HostResult> : undefined))
    child.stdin.end(JSON.stringify(cases))
  })
