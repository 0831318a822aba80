/** Small programs of WebAssembly, written as text, and a folder of them as a package of software. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const head = `
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $path_unlink_file (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $path_create_directory (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_rename" (func $path_rename (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_symlink" (func $path_symlink (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get"
    (func $path_filestat_get (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
`

/** Writes all of what is at an address; ends with the error number if that fails. */
const helpers = `
  (func $check (param $errno i32) (if (local.get $errno) (then (call $proc_exit (local.get $errno)))))
  (func $write (param $fd i32) (param $at i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $length))
    (call $check (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func $read (param $fd i32) (param $at i32) (param $length i32) (result i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $length))
    (call $check (call $fd_read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.load (i32.const 8)))
  (func $length (param $at i32) (result i32) (local $end i32)
    (local.set $end (local.get $at))
    (block $done (loop $next
      (br_if $done (i32.eqz (i32.load8_u (local.get $end))))
      (local.set $end (i32.add (local.get $end) (i32.const 1)))
      (br $next)))
    (i32.sub (local.get $end) (local.get $at)))
  (; The words are at 1024, their addresses at 512. ;)
  (func $words (call $check (call $args_get (i32.const 512) (i32.const 1024))))
  (; Without the slashes it begins with, which the C library of WASI takes away. ;)
  (func $word (param $index i32) (result i32) (local $at i32)
    (local.set $at (i32.load (i32.add (i32.const 512) (i32.mul (local.get $index) (i32.const 4)))))
    (block $done (loop $next
      (br_if $done (i32.ne (i32.load8_u (local.get $at)) (i32.const 47)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next)))
    (local.get $at))
  (; Opens the word of an index for reading, or for writing as well, with flags for creation. ;)
  (func $open (param $index i32) (param $oflags i32) (param $rights i64) (result i32)
    (call $check (call $path_open (i32.const 3) (i32.const 1)
      (call $word (local.get $index)) (call $length (call $word (local.get $index)))
      (local.get $oflags) (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 12)))
    (i32.load (i32.const 12)))
  (func $copy (param $from i32) (param $to i32) (local $count i32)
    (block $done (loop $next
      (local.set $count (call $read (local.get $from) (i32.const 8192) (i32.const 32768)))
      (br_if $done (i32.eqz (local.get $count)))
      (call $write (local.get $to) (i32.const 8192) (local.get $count))
      (br $next))))
`

const program = (body: string, memory = "(memory (export \"memory\") 2)"): string =>
  `(module ${head} ${memory} ${helpers} ${body})`

const start = (body: string): string => program(`(func (export "_start") ${body})`)

const READ = "(i64.const 2)"
const WRITE = "(i64.const 66)"
const CREATE = "(i32.const 9)"

/** Programs by name. Where a system call fails, the exit code is WASI's number of the error. */
export const sources: Readonly<Record<string, string>> = {
  spin: start("(loop $again (br $again))"),
  five: start("(call $proc_exit (i32.const 5))"),
  large: start("(call $proc_exit (i32.const 258))"),
  crash: start("unreachable"),
  deep: program(
    "(func $down (param i32) (call $down (local.get 0)) (call $down (local.get 0)))" +
      "(func (export \"_start\") (call $down (i32.const 1)))"
  ),
  /** Standard input to standard output. */
  copy: start("(call $copy (i32.const 0) (i32.const 1))"),
  /** Its words, each with its end. */
  words: start(`
    (call $words) (call $check (call $args_sizes_get (i32.const 16) (i32.const 20)))
    (call $write (i32.const 1) (i32.const 1024) (i32.load (i32.const 20)))`),
  environment: start(`
    (call $check (call $environ_sizes_get (i32.const 16) (i32.const 20)))
    (call $check (call $environ_get (i32.const 8192) (i32.const 16384)))
    (call $write (i32.const 1) (i32.const 16384) (i32.load (i32.const 20)))`),
  /** 20 MB of zeros. */
  flood: start(`(local $left i32) (local.set $left (i32.const 400))
    (loop $again
      (call $write (i32.const 1) (i32.const 8192) (i32.const 50000))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $again (local.get $left)))`),
  /** Grows until there is no more; its exit code is how many times 16 pages that were. */
  grow: start(`(local $grown i32)
    (block $done (loop $again
      (br_if $done (i32.eq (memory.grow (i32.const 16)) (i32.const -1)))
      (local.set $grown (i32.add (local.get $grown) (i32.const 1)))
      (br $again)))
    (call $proc_exit (local.get $grown))`),
  greedy: program("(func (export \"_start\"))", "(memory (export \"memory\") 8192)"),
  /** Shows the file that its first word names. */
  show: start(`(call $words) (call $copy (call $open (i32.const 1) (i32.const 0) ${READ}) (i32.const 1))`),
  /** Puts standard input into the file that its first word names. */
  put: start(`(local $fd i32) (call $words)
    (local.set $fd (call $open (i32.const 1) ${CREATE} ${WRITE}))
    (call $copy (i32.const 0) (local.get $fd)) (call $check (call $fd_close (local.get $fd)))`),
  /** Opens the file that its first word names until it is told no; the exit code is the number of that error. */
  leak: start(`(call $words) (loop $again (drop (call $open (i32.const 1) (i32.const 0) ${READ})) (br $again))`),
  /** Opens and closes the file that its first word names 5,000 times; its exit code is the last descriptor. */
  reopen: start(`(local $left i32) (local $fd i32) (call $words) (local.set $left (i32.const 5000))
    (loop $again
      (local.set $fd (call $open (i32.const 1) (i32.const 0) ${READ}))
      (call $check (call $fd_close (local.get $fd)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $again (local.get $left)))
    (call $proc_exit (local.get $fd))`),
  /** The raw directory entries of its first word. */
  list: start(`(call $words)
    (call $check (call $fd_readdir (call $open (i32.const 1) (i32.const 2) (i64.const 16384))
      (i32.const 8192) (i32.const 65536) (i64.const 0) (i32.const 16)))
    (call $write (i32.const 1) (i32.const 8192) (i32.load (i32.const 16)))`),
  remove: start(`(call $words)
    (call $check (call $path_unlink_file (i32.const 3) (call $word (i32.const 1)) (call $length (call $word (i32.const 1)))))`),
  make: start(`(call $words)
    (call $check (call $path_create_directory (i32.const 3)
      (call $word (i32.const 1)) (call $length (call $word (i32.const 1)))))`),
  move: start(`(call $words)
    (call $check (call $path_rename (i32.const 3) (call $word (i32.const 1)) (call $length (call $word (i32.const 1)))
      (i32.const 3) (call $word (i32.const 2)) (call $length (call $word (i32.const 2)))))`),
  link: start(`(call $words)
    (call $check (call $path_symlink (call $word (i32.const 1)) (call $length (call $word (i32.const 1)))
      (i32.const 3) (call $word (i32.const 2)) (call $length (call $word (i32.const 2)))))`),
  /** The size of the file that its first word names, as eight bytes. */
  size: start(`(call $words)
    (call $check (call $path_filestat_get (i32.const 3) (i32.const 1)
      (call $word (i32.const 1)) (call $length (call $word (i32.const 1))) (i32.const 8192)))
    (call $write (i32.const 1) (i32.const 8224) (i32.const 8))`),
  /** The time as eight bytes, in nanoseconds. */
  clock: start(`(call $check (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 8192)))
    (call $write (i32.const 1) (i32.const 8192) (i32.const 8))`),
  random: start(`(call $check (call $random_get (i32.const 8192) (i32.const 16)))
    (call $write (i32.const 1) (i32.const 8192) (i32.const 16))`),
  /** Waits 60 seconds of the VM's clock. */
  linger: start(`(i64.store (i32.const 8192) (i64.const 7)) (i32.store (i32.const 8208) (i32.const 1))
    (i64.store (i32.const 8216) (i64.const 60000000000))
    (call $check (call $poll_oneoff (i32.const 8192) (i32.const 12288) (i32.const 1) (i32.const 16)))
    (call $write (i32.const 1) (i32.const 12288) (i32.const 11))`),
  /** Waits until the second minute of 1970. */
  later: start(`(i64.store (i32.const 8192) (i64.const 7))
    (i64.store (i32.const 8216) (i64.const 60000000000)) (i32.store16 (i32.const 8232) (i32.const 1))
    (call $check (call $poll_oneoff (i32.const 8192) (i32.const 12288) (i32.const 1) (i32.const 16)))`),
  /** Waits for standard input, or 60 seconds; its exit code is which of the two it was, 1 or 2, or both. */
  either: start(`(i64.store (i32.const 8192) (i64.const 1)) (i32.store8 (i32.const 8200) (i32.const 1))
    (i64.store (i32.const 8240) (i64.const 2)) (i64.store (i32.const 8264) (i64.const 60000000000))
    (call $check (call $poll_oneoff (i32.const 8192) (i32.const 12288) (i32.const 2) (i32.const 16)))
    (if (i32.ne (i32.load (i32.const 16)) (i32.const 1)) (then (call $proc_exit (i32.const 99))))
    (call $proc_exit (i32.load (i32.const 12288)))`),
  /** Points outside of its memory. */
  outside: start("(call $proc_exit (call $fd_write (i32.const 1) (i32.const -8) (i32.const 1) (i32.const 8)))"),
  far: start(`(i32.store (i32.const 0) (i32.const 8)) (i32.store (i32.const 4) (i32.const 0x7fffffff))
    (call $proc_exit (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))`),
  alien: "(module (import \"host_fs\" \"path_mode\" (func (param i32) (result i32))) (memory (export \"memory\") 1) " +
    "(func (export \"_start\")))",
  library: "(module (memory (export \"memory\") 1) (func (export \"run\")))"
}

const recordedFile = new URL("./wasm-programs.json", import.meta.url)
const recorded = JSON.parse(readFileSync(recordedFile, "utf8")) as Record<string, string>

/** Puts what WABT makes of a text on record, so that a run needs none of it. */
const record = async (name: string, source: string): Promise<void> => {
  const module = (await (await import("wabt")).default()).parseWat(name, source)
  recorded[source] = Buffer.from(module.toBinary({}).buffer).toString("base64")
  module.destroy()
  writeFileSync(recordedFile, `${JSON.stringify(recorded, undefined, 1)}\n`)
}

/** The binary of a program's text, as it is on record; `RECORD_WASM=1` records the texts that are new. */
export const assembled = async (name: string, source: string): Promise<Uint8Array> => {
  if (process.env.RECORD_WASM === "1" && !(source in recorded)) await record(name, source)
  const binary = recorded[source]
  if (binary === undefined) throw new Error(`the program "${name}" is not on record: run the test with RECORD_WASM=1`)
  return Buffer.from(binary, "base64")
}

/** A folder with all programs, and two files that are none, until the Scope closes. */
export const folder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(async () => {
    const path = mkdtempSync(join(tmpdir(), "agent-os-software-"))
    for (const [name, source] of Object.entries(sources)) {
      writeFileSync(join(path, name), await assembled(name, source), { mode: 0o644 })
    }
    writeFileSync(join(path, "garbage"), Uint8Array.of(1, 0, 2, 3), { mode: 0o644 })
    writeFileSync(join(path, "broken"), Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 200), { mode: 0o644 })
    writeFileSync(join(path, "script"), "#!/bin/sh\necho \"script $1\"\n", { mode: 0o644 })
    return path
  }),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)
