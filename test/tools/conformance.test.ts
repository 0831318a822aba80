/** H1 to H7 of the black-box cases, and every rule and text of the guest's command line of tools. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as ToolKit from "../../services/ToolKit.ts"
import { Vm } from "../../services/Vm.ts"
import { live, subjects } from "../contract/layers.ts"

const Given = Schema.Struct({
  maxItems: Schema.optional(Schema.Int),
  ratio: Schema.optional(Schema.Number),
  dryRun: Schema.optional(Schema.Boolean),
  httpURL: Schema.optional(Schema.String),
  snake_case: Schema.optional(Schema.String),
  tags: Schema.optional(Schema.Array(Schema.String)),
  sizes: Schema.optional(Schema.Array(Schema.Number)),
  level: Schema.optional(Schema.Literal("low", "high")),
  where: Schema.optional(Schema.Struct({ id: Schema.Int })),
  maybe: Schema.optional(Schema.NullOr(Schema.Int))
})

const Desk = ToolKit.make("help-desk", {
  description: "Help desk",
  tools: {
    echo: ToolKit.tool({ description: "Gives its input", input: Given, output: Schema.Unknown }),
    need: ToolKit.tool({
      description: "Needs two",
      input: Schema.Struct({
        ticketId: Schema.String.annotations({ description: "Number of the ticket" }),
        pages: Schema.Int
      }),
      output: Schema.Unknown,
      sideEffect: "external_system",
      approval: "manual"
    }),
    slow: ToolKit.tool({ description: "Never ends", input: Schema.Struct({}), limits: { timeout: 75 } }),
    locked: ToolKit.tool({ description: "Denied", input: Schema.Struct({}) }),
    asked: ToolKit.tool({ description: "Asks", input: Schema.Struct({}) }),
    throws: ToolKit.tool({ description: "Throws", input: Schema.Struct({}), output: Schema.Unknown }),
    odd: ToolKit.tool({
      description: "No JSON, or too much",
      input: Schema.Struct({ what: Schema.String }),
      output: Schema.Unknown,
      limits: { responseBytes: 32 }
    }),
    tiny: ToolKit.tool({
      description: "Takes little",
      input: Schema.Struct({ text: Schema.String }),
      output: Schema.Int,
      limits: { requestBytes: 20 }
    }),
    none: ToolKit.tool({ description: "Gives nothing", input: Schema.Struct({}) })
  }
})

const Other = ToolKit.make("other", {
  description: "Another kit",
  tools: { one: ToolKit.tool({ description: "The only one", input: Schema.Struct({}) }) }
})

const DeskLive = Desk.toLayer({
  echo: (given) => Effect.succeed(given),
  need: (given) => Effect.succeed(given),
  slow: () => Effect.never,
  locked: () => Effect.void,
  asked: () => Effect.void,
  throws: (): Effect.Effect<unknown> => {
    throw new Error("the password is hunter2")
  },
  odd: ({ what }) =>
    Effect.succeed(what === "function" ? () => 1 : what === "infinity" ? [Infinity] : "x".repeat(Number(what))),
  tiny: ({ text }) => Effect.succeed(text.length),
  none: () => Effect.void
})

const config = {
  toolKits: [Desk, Other],
  permissions: {
    tool: {
      default: "allow",
      rules: [{ mode: "deny", patterns: ["help-desk:locked"] }, { mode: "ask", patterns: ["help-desk:asked"] }]
    }
  }
} as const

const sh = (command: string) => Effect.flatMap(Vm, ({ processes }) => processes.exec(command))

const ok = (result: unknown) => ({ exitCode: 0, stdout: JSON.stringify({ ok: true, result }), stderr: "" })
/** The command line itself is wrong: nothing is called, and only the text is said. */
const refused = (message: string) => ({ exitCode: 1, stdout: "", stderr: `${message}\n` })
const failed = (code: string, message: string) => ({
  exitCode: 1,
  stdout: JSON.stringify({ ok: false, error: { code, message } }),
  stderr: `${message}\n`
})
const violation = (at: string) => failed("INVALID_ARGUMENT", `ToolInputSchemaViolation at ${at}`)
const said = (stdout: string) => ({ exitCode: 0, stdout, stderr: "" })

const DESK_TOOLS =
  "  echo    Gives its input\n  need    Needs two\n  slow    Never ends\n  locked  Denied\n  asked   Asks\n" +
  "  throws  Throws\n  odd     No JSON, or too much\n  tiny    Takes little\n  none    Gives nothing\n"
const KIT_HELP = `Help desk\n\nUsage: agentos help-desk <tool> [flags]\n\nTools:\n${DESK_TOOLS}`
const NEED_HELP = "Needs two (side effect: external system; may wait for an approval)\n\n" +
  "Usage: agentos help-desk need [flags]\n\nFlags:\n" +
  "  --ticket-id <string>  Number of the ticket (required)\n" +
  "  --pages <number>      an integer (required)\n" +
  "  --json <text>         the whole input as JSON\n" +
  "  --json-file <path>    the whole input from a file\n"
const ECHO_FLAGS = ["--max-items <number>", "--ratio <number>", "--dry-run, --no-dry-run", "--http-url <string>"]
  .concat(
    ["--snake-case <string>", "--tags <string> (may be repeated)", "--sizes <number> (may be repeated)"],
    ["--level <low|high>", "--where <json>", "--maybe <number>", "--json <text>", "--json-file <path>"]
  )
const DESK_LIST = `help-desk: Help desk\n${DESK_TOOLS}`
const OTHER_LIST = "other: Another kit\n  one  The only one\n"
const COMMAND_HELP =
  "Usage: agentos <kit> <tool> [flags]\n       agentos list-tools [kit]\n       agentos <kit> --help\n" +
  "\nKits:\n  help-desk  Help desk\n  other      Another kit\n"

const TOO_LARGE = (bytes: number) => `the input has ${bytes} bytes, at most 20 are allowed`

const echo = "agentos help-desk echo"

for (const { layer: sidecar, name } of subjects.slice(0, 2)) {
  const vm = Vm.layer(config).pipe(
    Layer.provide(Layer.merge(DeskLive, Other.toLayer({ one: () => Effect.void }))),
    Layer.provide(sidecar)
  )
  layer(vm, live)(`conformance of tools: ${name}`, (it) => {
    const says = (title: string, cases: ReadonlyArray<readonly [command: string, result: unknown]>) =>
      it.effect(
        title,
        () =>
          Effect.forEach(cases, ([command, result]) =>
            Effect.map(sh(command), (given) =>
              assert.deepStrictEqual<unknown>(given, result, command))),
        30_000
      )

    says("H1: --help on the command, on kits and on tools, by each of their names", [
      ...["agentos", "agentos --help", "agentos -h", "agentos list-tools --help"].map((command) =>
        [command, said(COMMAND_HELP)] as const
      ),
      ...["agentos help-desk", "agentos-help-desk", "help-desk"].flatMap((kit) =>
        [kit, `${kit} --help`, `${kit} -h`].map((command) => [command, said(KIT_HELP)] as const)
      ),
      ...["agentos help-desk", "agentos-help-desk", "help-desk"].flatMap((kit) =>
        ["--help", "-h", "--pages 1 --help"].map((flags) => [`${kit} need ${flags}`, said(NEED_HELP)] as const)
      ),
      ["agentos list-tools", said(`${DESK_LIST}\n${OTHER_LIST}`)],
      ["agentos list-tools help-desk", said(DESK_LIST)],
      ["agentos list-tools other", said(OTHER_LIST)],
      ["agentos list-tools other help-desk", refused("Unexpected positional argument: \"help-desk\"")],
      ["agentos list-tools missing", refused("No toolkit \"missing\". Available: help-desk, other")]
    ])

    it.effect("H1: the help of a tool has a line for each flag", () =>
      Effect.gen(function*() {
        const { stdout } = yield* sh(`${echo} --help`)
        const lines = stdout.slice(stdout.indexOf("Flags:\n") + 7).trimEnd().split("\n")
        assert.deepStrictEqual(lines.map((line) => line.trim().split("  ")[0]), ECHO_FLAGS)
        const audit = yield* Effect.flatMap(Vm, ({ audit }) => audit.calls)
        assert.deepStrictEqual(audit, [], "help calls nothing")
      }))

    says("H2: flags in kebab-case, of booleans, arrays and numbers", [
      [`${echo} --max-items 3 --http-url u --snake-case s`, ok({ maxItems: 3, httpURL: "u", snake_case: "s" })],
      [`${echo} --max-items=-3 --ratio 1.5e-3`, ok({ maxItems: -3, ratio: 0.0015 })],
      [`${echo} --max-items -3`, ok({ maxItems: -3 })],
      [`${echo} --dry-run`, ok({ dryRun: true })],
      [`${echo} --no-dry-run`, ok({ dryRun: false })],
      [`${echo} --dry-run=false --max-items 1`, ok({ maxItems: 1, dryRun: false })],
      [`${echo} --no-dry-run --dry-run`, ok({ dryRun: true })],
      [`${echo} --tags a --tags 'b c' --tags= --sizes 1 --sizes 2.5`, ok({ tags: ["a", "b c", ""], sizes: [1, 2.5] })],
      [`${echo} --level high --where '{"id":1}' --maybe 4`, ok({ level: "high", where: { id: 1 }, maybe: 4 })],
      [`${echo} --http-url --=x`, refused("Flag --http-url requires a value")],
      [`${echo} --http-url=--x`, ok({ httpURL: "--x" })],
      [`${echo} --http-url a=b=c`, ok({ httpURL: "a=b=c" })],
      [`${echo} --http-url=a=b`, ok({ httpURL: "a=b" })],
      [`${echo} --max-items 1 --max-items 2`, ok({ maxItems: 2 })],
      [echo, ok({})]
    ])

    says("H2: flags that are wrong, in the words of the published system", [
      [`${echo} --nothing 1`, refused("Unknown flag: --nothing")],
      [`${echo} --nothing=1`, refused("Unknown flag: --nothing")],
      [`${echo} --maxItems 1`, refused("Unknown flag: --maxItems")],
      [`${echo} --no-tags`, refused("Unknown flag: --no-tags")],
      [`${echo} --__proto__ 1`, refused("Unknown flag: --__proto__")],
      [`${echo} --constructor 1`, refused("Unknown flag: --constructor")],
      ["help-desk need", refused("Missing required flag: --ticket-id")],
      ["help-desk need --ticket-id 1", refused("Missing required flag: --pages")],
      [`${echo} word`, refused("Unexpected positional argument: \"word\"")],
      [`${echo} --dry-run word`, refused("Unexpected positional argument: \"word\"")],
      [`${echo} -x`, refused("Unexpected positional argument: \"-x\"")],
      [`${echo} --`, refused("Unexpected positional argument: \"--\"")],
      [`${echo} --max-items`, refused("Flag --max-items requires a value")],
      [`${echo} --max-items --dry-run`, refused("Flag --max-items requires a value")],
      [`${echo} --tags`, refused("Flag --tags requires a value")],
      [`${echo} --max-items many`, refused("Flag --max-items expects a number, got \"many\"")],
      [`${echo} --max-items=`, refused("Flag --max-items expects a number, got \"\"")],
      [`${echo} --ratio Infinity`, refused("Flag --ratio expects a number, got \"Infinity\"")],
      [`${echo} --ratio NaN`, refused("Flag --ratio expects a number, got \"NaN\"")],
      [`${echo} --sizes 1 --sizes x`, refused("Flag --sizes expects a number, got \"x\"")],
      [`${echo} --max-items 1.5`, violation("$.maxItems: expected an integer, got 1.5")],
      [`${echo} --level middle`, violation("$.level: expected one of \"low\", \"high\", got \"middle\"")],
      [
        "help-desk missing",
        refused(
          "No tool \"missing\" in toolkit \"help-desk\". Available: " +
            "echo, need, slow, locked, asked, throws, odd, tiny, none"
        )
      ],
      ["agentos missing tool", refused("No toolkit \"missing\". Available: help-desk, other")]
    ])

    says("H3: the whole input, as text and from a file of the guest", [
      [`${echo} --json '{"tags":["a"],"maxItems":2}'`, ok({ maxItems: 2, tags: ["a"] })],
      [`${echo} --json='{"ratio":0.5}'`, ok({ ratio: 0.5 })],
      [
        `mkdir -p /tmp/d && cd /tmp/d && echo '{"maxItems":1}' > in.json && ${echo} --json-file in.json`,
        ok({ maxItems: 1 })
      ],
      [`cd / && ${echo} --json-file=/tmp/d/in.json`, ok({ maxItems: 1 })],
      [`cd /tmp && ${echo} --json-file ./d/../d/in.json`, ok({ maxItems: 1 })],
      [`ln -s /tmp/d/in.json /tmp/link.json; ${echo} --json-file /tmp/link.json`, ok({ maxItems: 1 })],
      [`echo '{"maxItems":1}' | ${echo} --json-file /dev/stdin`, ok({ maxItems: 1 })],
      [`${echo} --json-file - <<< '{"maxItems":1}'`, ok({ maxItems: 1 })],
      [`${echo} --json-file <(echo '{"maxItems":1}')`, ok({ maxItems: 1 })],
      [`mkfifo /tmp/d/p; echo '{"maxItems":1}' > /tmp/d/p & ${echo} --json-file /tmp/d/p`, ok({ maxItems: 1 })],
      [`${echo} --json-file /dev/zero`, refused("Invalid JSON file: File too large")],
      [`${echo} --json-file ''`, refused("Invalid JSON file: No such file or directory")],
      [`${echo} --json`, refused("Flag --json requires a value")],
      [`${echo} --json-file`, refused("Flag --json-file requires a value")],
      [`${echo} --json '{}' --dry-run`, refused("Unexpected positional argument: \"--dry-run\"")],
      [`${echo} --dry-run --json '{}'`, refused("Unexpected positional argument: \"--json\"")],
      [`${echo} --json-file /tmp/none.json`, refused("Invalid JSON file: No such file or directory")],
      [`${echo} --json-file /tmp`, refused("Invalid JSON file: Is a directory")],
      [`${echo} --json-file /tmp/d/in.json/x`, refused("Invalid JSON file: Not a directory")],
      [
        `echo '{}' > /tmp/shut; chmod 0 /tmp/shut; ${echo} --json-file /tmp/shut`,
        refused("Invalid JSON file: Permission denied")
      ],
      [
        `ln -s loop /tmp/loop; ${echo} --json-file /tmp/loop`,
        refused("Invalid JSON file: Too many levels of symbolic links")
      ]
    ])

    it.effect("H3: JSON that is none says why, as JSON.parse says it", () =>
      Effect.gen(function*() {
        for (const text of ["", "{", "{\"a\":}", "{'a':1}", "undefined", "[1,]"]) {
          yield* Effect.flatMap(Vm, ({ filesystem }) => filesystem.writeFile("/tmp/bad.json", text))
          let why = ""
          try {
            JSON.parse(text)
          } catch (error) {
            why = (error as Error).message
          }
          assert.notStrictEqual(why, "")
          assert.deepStrictEqual(yield* sh(`${echo} --json-file /tmp/bad.json`), refused(`Invalid JSON file: ${why}`))
          assert.deepStrictEqual(
            yield* sh(`${echo} --json "$(cat /tmp/bad.json)"`),
            refused(`Invalid JSON for --json: ${why}`)
          )
        }
      }))

    says("the bytes of a request, to the byte", [
      ["help-desk tiny --text 123456789", ok(9)],
      ["help-desk tiny --text 1234567890", failed("INVALID_ARGUMENT", TOO_LARGE(21))],
      ["help-desk tiny --text 12345678é", failed("INVALID_ARGUMENT", TOO_LARGE(21))],
      ["help-desk tiny --json '{\"text\":\"a\"}         '", failed("INVALID_ARGUMENT", TOO_LARGE(21))],
      ["help-desk tiny --json '{\"text\":\"a\"}        '", ok(1)]
    ])

    says("H4: the text and the exit code of a timeout", [
      ["help-desk slow", failed("TIMEOUT_TOOL", "Tool \"help-desk:slow\" timed out after 75ms")],
      ["help-desk slow >/dev/null 2>&1; echo $?", said("1\n")]
    ])

    says("H5: a tool that the policy denies, or of which nobody can be asked", [
      ["help-desk locked", failed("PERMISSION_DENIED", "EACCES: blocked by tool.invoke policy for help-desk:locked")],
      ["help-desk locked --help >/dev/null; echo $?", said("0\n")],
      [
        "help-desk asked",
        failed("PERMISSION_DENIED", "EACCES: permission prompt required for tool.invoke on help-desk:asked")
      ],
      [
        "help-desk need --ticket-id 1 --pages 2",
        failed("PERMISSION_DENIED", "EACCES: permission prompt required for tool.invoke on help-desk:need")
      ]
    ])

    says("H6: a tool that throws, gives too much, or no JSON", [
      ["help-desk throws", failed("RUNTIME_ERROR", "Tool \"help-desk:throws\" failed")],
      ["help-desk odd --what 30", ok("x".repeat(30))],
      ["help-desk odd --what 31", failed("RESULT_NOT_SERIALIZABLE", "the result of help-desk:odd at $ is too large")],
      [
        "help-desk odd --what function",
        failed("RESULT_NOT_SERIALIZABLE", "the result of help-desk:odd at $ a function is no JSON")
      ],
      [
        "help-desk odd --what infinity",
        failed("RESULT_NOT_SERIALIZABLE", "the result of help-desk:odd at $[0] Infinity is no JSON")
      ],
      ["help-desk none; echo", { exitCode: 0, stdout: "{\"ok\":true,\"result\":null}\n", stderr: "" }]
    ])

    it.effect("H7: concurrent calls keep their answers apart", () =>
      Effect.gen(function*() {
        const answers = yield* Effect.forEach(
          Array.from({ length: 40 }, (_, n) => n),
          (n) => Effect.map(sh(`help-desk echo --max-items ${n}`), ({ stdout }) => JSON.parse(stdout).result.maxItems),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(answers, Array.from({ length: 40 }, (_, n) => n))
      }), 30_000)
  })
}
