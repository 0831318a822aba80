/**
 * Checks of what a guest worker says. A guest that escaped its engine holds the worker's end of the port, so nothing it
 * sends is taken on trust: a message that breaks the protocol is the end of the worker.
 */
import type { FromWorker, SystemCallName } from "../../guests/protocol.ts"
import { MAX_CLOSES, MAX_NOTICES, OUTPUT_CHUNK } from "../../guests/protocol.ts"
import { isNotice } from "./notices.ts"

/** Every system call with its number of arguments, least and most. */
const systemCalls: Readonly<Record<SystemCallName, readonly [number, number]>> = {
  stat: [1, 1],
  lstat: [1, 1],
  readFile: [1, 1],
  readFiles: [1, 1],
  writeFile: [3, 4],
  open: [4, 4],
  pread: [3, 3],
  pwrite: [3, 3],
  fstat: [1, 1],
  ftruncate: [2, 2],
  mkfifo: [2, 2],
  readdir: [1, 1],
  readdirStat: [1, 1],
  mkdir: [3, 3],
  unlink: [1, 1],
  rmdir: [1, 1],
  remove: [3, 3],
  rename: [2, 2],
  copy: [3, 3],
  link: [2, 2],
  symlink: [2, 2],
  readlink: [1, 1],
  realpath: [1, 1],
  chmod: [2, 2],
  chown: [4, 4],
  utimes: [3, 3],
  truncate: [2, 2],
  getxattr: [3, 3],
  listxattr: [2, 2],
  setxattr: [5, 5],
  removexattr: [3, 3],
  statfs: [1, 1],
  now: [0, 0],
  sleep: [1, 2],
  wake: [1, 1],
  flock: [4, 4],
  kill: [2, 2],
  processes: [0, 0],
  mayRun: [2, 2],
  tools: [0, 0],
  tool: [2, 2],
  toolNext: [1, 1],
  saveSession: [1, 1]
}

/** Longest string in a system call: a path, or the target of a link. */
const MAX_STRING = 64 * 1024

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value)
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const isArgument = (value: unknown): boolean =>
  value === undefined
  || typeof value === "boolean"
  || isNumber(value)
  || (typeof value === "string" && value.length <= MAX_STRING)
  // Not one on shared memory, which could change while the kernel looks.
  || (value instanceof Uint8Array && value.buffer instanceof ArrayBuffer)

const isCall = (message: Record<string, unknown>): boolean => {
  const { args, id, name, pid } = message
  if (!isCount(id) || !isCount(pid) || typeof name !== "string" || !Array.isArray(args)) return false
  if (!Object.hasOwn(systemCalls, name)) return false
  const [least, most] = systemCalls[name as SystemCallName]
  return args.length >= least && args.length <= most && args.every(isArgument)
}

const isOutput = ({ bytes, channel, pid }: Record<string, unknown>): boolean =>
  isCount(pid)
  && (channel === "stdout" || channel === "stderr")
  && bytes instanceof Uint8Array
  && bytes.buffer instanceof ArrayBuffer
  && bytes.length > 0
  && bytes.length <= OUTPUT_CHUNK

const isAmount = ({ bytes, pid }: Record<string, unknown>): boolean => isCount(pid) && isCount(bytes) && bytes > 0

const isNotices = ({ notices }: Record<string, unknown>): boolean =>
  Array.isArray(notices) && notices.length <= MAX_NOTICES && notices.every(isNotice)

const forms: { readonly [Tag in FromWorker["_tag"]]: (message: Record<string, unknown>) => boolean } = {
  ready: () => true,
  settled: ({ id }) => isCount(id),
  call: isCall,
  close: ({ files }) => Array.isArray(files) && files.length <= MAX_CLOSES && files.every(isCount),
  cancel: ({ id }) => isCount(id),
  notices: isNotices,
  output: isOutput,
  closed: ({ pid }) => isCount(pid),
  stdinCredit: isAmount,
  stdinClosed: ({ pid }) => isCount(pid)
}

/** The message, if it has the form of one. What it refers to is checked by the worker's owner. */
export const checkMessage = (message: unknown): FromWorker | undefined => {
  if (typeof message !== "object" || message === null) return undefined
  const record = message as Record<string, unknown>
  const { _tag } = record
  if (typeof _tag !== "string" || !Object.hasOwn(forms, _tag)) return undefined
  return forms[_tag as FromWorker["_tag"]](record) ? record as unknown as FromWorker : undefined
}
