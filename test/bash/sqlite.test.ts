/** sqlite3 as a process: it can be ended, shares a file with others, and undoes what was not finished. */
import { assert, describe, it } from "@effect/vitest"
import { ShellVm } from "./support/vm.ts"

const run = (vm: ShellVm, script: string) => vm.run(script)

/** Talks to a shell of SQLite through pipes: `ask` sends lines, and waits for a line of output. */
const talk = (options: string) =>
  `mkfifo in out; sqlite3 ${options} < in > out & pid=$!; exec 3> in 4< out; ask() { echo "$1" >&3; read -r answer <&4; }; `

const endless = "with recursive c(x) as (select 1 union all select x+1 from c) select count(*) from c"

describe("sqlite3", () => {
  it("is ended in the middle of a query that goes on for ever, and nothing is left of it", async () => {
    const vm = new ShellVm()
    const { exitCode, stdout } = await run(
      vm,
      `timeout 0.3 sqlite3 :memory: "${endless}"; echo $?; sqlite3 :memory: "${endless}" & kill -9 $!; wait $!; echo $?; ` +
        "sqlite3 :memory: 'select 1'; jobs; ls"
    )
    assert.deepStrictEqual({ exitCode, stdout }, { exitCode: 0, stdout: "124\n137\n1\n" })
  })

  it("undoes what a killed one had begun to write", async () => {
    const vm = new ShellVm()
    const { stdout } = await run(
      vm,
      "sqlite3 a.db 'create table t(a, b); with recursive c(x) as (select 1 union all select x+1 from c where x<20000) " +
        "insert into t select x, \"abcdefghijklmnop\" from c'; cp a.db before; " + talk("a.db") +
        "ask 'pragma cache_size=10; begin; update t set b = b || b || b; select count(*) from t;'; echo $answer; " +
        "ls a.db*; cmp -s a.db before || echo changed; kill -9 $pid; wait $pid; exec 3>&- 4<&-; " +
        "sqlite3 a.db 'pragma integrity_check; select count(*), max(length(b)) from t'; ls a.db*; cmp a.db before && echo same"
    )
    assert.strictEqual(stdout, "20000\na.db\na.db-journal\nchanged\nok\n20000|16\na.db\nsame\n")
  })

  it("lets nobody else write while it does, nor read, until it is done", async () => {
    const vm = new ShellVm()
    const { stderr, stdout } = await run(
      vm,
      "sqlite3 a.db 'create table t(a)'; " + talk("a.db") +
        "ask 'begin; insert into t values(1); select 7;'; sqlite3 a.db 'insert into t values(2)'; echo $?; " +
        "sqlite3 a.db 'select * from t'; echo $?; ask 'commit; select 8;'; sqlite3 a.db 'select * from t'; " +
        "ask 'begin; select a from t;'; sqlite3 a.db 'select a + 10 from t'; sqlite3 a.db 'delete from t'; echo $?; " +
        "ask 'commit; select 9;'; sqlite3 a.db 'delete from t'; exec 3>&-; wait; sqlite3 a.db 'select count(*) from t'"
    )
    assert.strictEqual(stdout, "5\n5\n1\n11\n5\n0\n")
    assert.deepStrictEqual(stderr.match(/database is locked \(5\)/g)?.length, 3)
  })

  it("waits for a lock as long as it is told to", async () => {
    const vm = new ShellVm()
    const { stdout } = await run(
      vm,
      "sqlite3 a.db 'create table t(a)'; " + talk("a.db") +
        "ask 'begin immediate; select 1;'; { sleep 0.2; echo 'insert into t values(1); commit;' >&3; } & " +
        "sqlite3 -cmd '.timeout 60000' a.db 'insert into t values(2); select group_concat(a) from t'; exec 3>&-; wait"
    )
    assert.strictEqual(stdout, "1,2\n")
  })

  it("says when there is no room, and keeps what was there", async () => {
    const vm = new ShellVm({ bytes: 512 * 1024 })
    const { stderr, stdout } = await run(
      vm,
      "sqlite3 a.db 'create table t(a); insert into t values(1)'; sqlite3 a.db 'insert into t values(zeroblob(2000000))'; " +
        "echo $?; sqlite3 a.db 'select a from t; pragma integrity_check'"
    )
    assert.strictEqual(stdout, "13\n1\nok\n")
    assert.include(stderr, "database or disk is full (13)")
  })

  it("has the write-ahead log by itself", async () => {
    const vm = new ShellVm()
    const { stdout } = await run(
      vm,
      "sqlite3 a.db 'pragma journal_mode=wal; create table t(a); insert into t values(1)'; ls a.db*; " +
        "sqlite3 a.db 'insert into t values(2); select sum(a) from t; pragma journal_mode=delete'; ls a.db*"
    )
    assert.strictEqual(stdout, "wal\na.db\n3\ndelete\na.db\n")
  })

  it("ends a query whose rows do not fit the memory that it may have", async () => {
    const vm = new ShellVm()
    const { exitCode, stderr } = await run(vm, "sqlite3 :memory: 'select length(zeroblob(900000000) || 1)'")
    assert.deepStrictEqual({ exitCode, stderr }, { exitCode: 7, stderr: "Error: stepping, out of memory (7)\n" })
  })
})
