/**
 * The drivers of the host, as the kernel asks them: requests to the host over the connection. What comes back is checked;
 * a driver that lies fails the call that it answers.
 */
import * as Codec from "../../src/wire/Codec.ts"
import type { CloseCause } from "../../src/wire/Connection.ts"
import * as Drivers from "../../src/wire/DriverOperations.ts"
import type { WireFailure } from "../../src/wire/Failure.ts"
import type { Operation } from "../../src/wire/Operations.ts"
import { Fault } from "../kernel/fault.ts"
import { NAME_MAX, PATH_MAX } from "../kernel/filesystem/flags.ts"
import type { Calls } from "../kernel/filesystem/foreign/calls.ts"
import type { ForeignEntry, ForeignStat, Port } from "../kernel/filesystem/foreign/port.ts"
import type { Steps } from "../kernel/filesystem/steps.ts"
import { exceeds, isWellFormed } from "../kernel/filesystem/text.ts"
import type { Session } from "./session.ts"

/** Entries of one page of a directory: what can be taken in within a step. */
const PAGE_ENTRIES = 512

/** A driver of the host by its number. Each call may take so long. */
export const driverPort = (session: Session, driver: number, timeoutMs: number): Port => {
  const ask = <A, B>(calls: Calls, syscall: string, operation: Operation<A, B>, request: A): Steps<B> =>
    calls.call<B>(syscall, timeoutMs, ({ fail, succeed }) => {
      const answered = (body: Uint8Array) => {
        try {
          succeed(Codec.decode(operation.response, body))
        } catch {
          fail(new Fault("EIO", syscall))
        }
      }
      if (!session.connection.admits) {
        fail(new Fault("EAGAIN", syscall))
        return () => {}
      }
      const exchange = session.connection.request(operation.code, Codec.encode(operation.request, request), {
        onResponse: answered,
        onFailure: (failure) => fail(faultOf(syscall, failure))
      })
      return () => exchange.cancel()
    })
  return {
    *lookup(calls, path, names) {
      const stats = yield* ask(calls, "lookup", Drivers.lookup, { driver, path, names })
      if (stats.length > names.length + 1) throw new Fault("EIO", "lookup")
      return stats.map((stat) => stat === undefined ? undefined : checked("lookup", stat))
    },
    list: (calls, path, max) =>
      listing(max, (after) => ask(calls, "scandir", Drivers.list, { driver, path, after, max: PAGE_ENTRIES })),
    *read(calls, path, offset, length) {
      const { content, stat } = yield* ask(calls, "read", Drivers.read, { driver, path, offset, length })
      if (content.length > length || stat.type !== "file") throw new Fault("EIO", "read")
      return { stat: checked("read", stat), bytes: content }
    },
    *change(calls, { content, dest, kind, ...rest }) {
      const request = { ...unset, ...rest, driver, kind, dest, content: content ?? nothing }
      yield* ask(calls, syscalls[kind] ?? kind, Drivers.change, request)
    }
  }
}

const nothing = new Uint8Array(0)

const unset = {
  mode: undefined,
  uid: undefined,
  gid: undefined,
  atimeMs: undefined,
  mtimeMs: undefined,
  offset: undefined
}

const syscalls: Readonly<Record<string, string>> = { create: "open", set: "chmod" }

type Page = Codec.TypeOf<typeof Drivers.list.response>

function* listing(max: number, page: (after: string | undefined) => Steps<Page>): Steps<ReadonlyArray<ForeignEntry>> {
  const found: Array<ForeignEntry> = []
  let after: string | undefined
  for (;;) {
    const { entries, more } = yield* page(after)
    for (const { name, stat } of entries) {
      // in order, so that it comes to an end
      if (!isName(name) || (after !== undefined && name <= after)) throw new Fault("EIO", "scandir")
      found.push({ name, stat: checked("scandir", stat) })
      after = name
    }
    if (found.length > max) {
      throw new Fault("ENOMEM", "scandir", undefined, undefined, { name: "readdirEntries", value: max })
    }
    if (!more) return found
    // a page that says nothing would be asked for for ever
    if (entries.length === 0) throw new Fault("EIO", "scandir")
    yield
  }
}

const isName = (name: string): boolean =>
  name !== "" && name !== "." && name !== ".." && !name.includes("/") && !name.includes("\0") && isWellFormed(name) &&
  !exceeds(name, NAME_MAX)

const isTime = (milliseconds: number): boolean => Number.isFinite(milliseconds) && Math.abs(milliseconds) <= 8.64e15

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

/** What a driver tells, if it can be true. */
const checked = (syscall: string, stat: Codec.TypeOf<typeof Drivers.statCodec>): ForeignStat => {
  const { atimeMs, birthtimeMs, ctimeMs, dev, ino, mode, mtimeMs, size, target, type } = stat
  const times = [atimeMs, mtimeMs, ctimeMs, birthtimeMs].every(isTime)
  const counts = isCount(size) && size <= 2 ** 44 && Number.isFinite(ino) && Number.isFinite(dev)
  const link = type !== "symlink" ||
    (target !== undefined && target !== "" && !target.includes("\0") && isWellFormed(target) &&
      !exceeds(target, PATH_MAX - 1))
  if (!times || !counts || !link || mode > 0o7777) throw new Fault("EIO", syscall)
  return type === "symlink" ? stat : { ...stat, target: undefined }
}

const faultOf = (syscall: string, failure: WireFailure | CloseCause): Fault =>
  "_tag" in failure && failure.reason === "kernel"
    ? new Fault(failure.errno, syscall, undefined, undefined, failure.limit)
    : new Fault("EIO", syscall)
