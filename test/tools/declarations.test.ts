/** What is generated for guests is what their languages read: checked by TypeScript, and by Python where it is there. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { spawnSync } from "node:child_process"
import ts from "typescript"
import * as ToolKit from "../../services/ToolKit.ts"
import { bindHandlers, type BoundKit } from "../../src/tools/BoundTool.ts"
import { pythonStub, typeScriptDeclaration } from "../../src/tools/Declarations.ts"
import { bindFunctions } from "../../src/tools/FunctionTool.ts"
import { Orders } from "./kit.ts"

interface Tree {
  readonly name: string
  readonly children: ReadonlyArray<Tree>
}
const Tree: Schema.Schema<Tree> = Schema.Struct({
  name: Schema.String,
  children: Schema.Array(Schema.suspend(() => Tree))
}).annotations({ identifier: "Tree" })

const Shapes = ToolKit.make("all-shapes", {
  description: "Every shape */ \"\"\" that a\nSchema \\ has",
  tools: {
    "create-item": ToolKit.tool({
      description: "Names with */ hyphens, and \"\"\" quotes \\",
      input: Schema.Struct({
        kind: Schema.Literal("a", "b\"c", 3, true, null),
        "odd key": Schema.optional(Schema.String),
        tags: Schema.Array(Schema.Union(Schema.String, Schema.Number)),
        names: Schema.Record({ key: Schema.String, value: Schema.Struct({ first: Schema.String }) })
      }),
      output: Schema.NullOr(
        Schema.Struct({ done: Schema.Boolean, at: Schema.Date, pair: Schema.Tuple(Schema.String, Schema.Int) })
      )
    }),
    delete: ToolKit.tool({ description: "A keyword", input: Schema.Struct({ from: Schema.String }) }),
    lambda: ToolKit.tool({
      description: "A keyword of Python",
      input: Schema.Struct({ last: Schema.optional(Schema.Int), first: Schema.Int }),
      output: Schema.Array(Schema.NullOr(Schema.String))
    }),
    "7up": ToolKit.tool({ description: "Begins with a digit", input: Schema.Struct({}), output: Schema.Unknown }),
    tree: ToolKit.tool({ description: "Recursive", input: Schema.Struct({ tree: Tree }), output: Tree })
  }
})

const plain = bindFunctions({
  name: "plain",
  description: "Plain functions",
  tools: [
    {
      name: "add",
      description: "Adds",
      inputSchema: { type: "object", properties: { a: { type: ["number", "null"] } }, required: ["a"] },
      outputSchema: { oneOf: [{ type: "number" }, { const: "none" }, { enum: ["x", 1.5, false] }] },
      execute: () => 1
    },
    { name: "anything", description: "Says nothing of itself", inputSchema: {}, execute: () => null }
  ]
})

const bound = (kit: typeof Orders | typeof Shapes): BoundKit => bindHandlers(kit, {})
const kits: ReadonlyArray<BoundKit> = [bound(Orders), bound(Shapes), plain]

/** What tsc says of some files. */
const complaints = (files: Readonly<Record<string, string>>): ReadonlyArray<string> => {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: []
  }
  const host = ts.createCompilerHost(options)
  const { fileExists, getSourceFile, readFile } = host
  host.getSourceFile = (name, ...rest) =>
    name in files ? ts.createSourceFile(name, files[name], ts.ScriptTarget.ES2022) : getSourceFile(name, ...rest)
  host.fileExists = (name) => name in files || fileExists(name)
  host.readFile = (name) => files[name] ?? readFile(name)
  const program = ts.createProgram(Object.keys(files), options, host)
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) =>
    `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`
  )
}

const declared = Object.fromEntries(kits.map((kit) => [`/tools/${kit.name}.d.ts`, typeScriptDeclaration(kit)]))

describe("declarations in TypeScript", () => {
  it("are accepted by tsc, and by programs that keep to them", () => {
    const program = `
      import { find, refund, report } from "tools:orders"
      import * as shapes from "tools:all-shapes"
      import { add, anything } from "tools:plain"
      const order: { id: string; cents: number } = await find({ id: "7" })
      const { receipt }: { receipt: string } = await refund({ id: order.id, cents: order.cents })
      await report({ maxItems: 1, tags: [receipt], mode: "short" })
      const made = await shapes.createItem({ kind: "b\\"c", tags: ["a", 1], names: { a: { first: "b" } }, "odd key": "c" })
      const done: boolean | undefined = made?.done
      const texts: Array<string | null> = await shapes.lambda({ first: 1 })
      await shapes.tree({ tree: { name: "a", children: [] } })
      await shapes.delete({ from: made?.at ?? "" })
      await shapes._7up({})
      const sum: number | "none" | "x" | false = await add({ a: null })
      const whatever: unknown = await anything({})
      export { done, sum, texts, whatever }
    `
    assert.deepStrictEqual(complaints({ ...declared, "/tools/program.ts": program }), [])
  })

  it("are no cover for programs that do not", () => {
    const wrong = [
      `import { find } from "tools:orders"; find({ id: 7 })`,
      `import { find } from "tools:orders"; find({})`,
      `import { report } from "tools:orders"; report({ mode: "medium" })`,
      `import { lose } from "tools:orders"; lose({})`,
      `import { add } from "tools:plain"; add({ a: "1" })`,
      `import { createItem } from "tools:all-shapes"; createItem({ kind: "c", tags: [], names: {} })`
    ]
    for (const [index, program] of wrong.entries()) {
      assert.lengthOf(complaints({ ...declared, [`/tools/wrong-${index}.ts`]: `${program}\n` }), 1, program)
    }
  }, 60_000)
})

const parse = `
import ast, json, sys
stubs = json.load(sys.stdin)
print(json.dumps([[ast.get_docstring(tree), [
  [node.name, [a.arg for a in node.args.args + node.args.kwonlyargs], ast.get_docstring(node)]
  for node in tree.body if isinstance(node, ast.FunctionDef)
]] for tree in map(ast.parse, stubs)]))
`
const hasPython = spawnSync("python3", ["-c", "import ast"]).status === 0

describe("stubs for Python", () => {
  it.skipIf(!hasPython)("are read by its parser, as what they say", () => {
    const { status, stderr, stdout } = spawnSync("python3", ["-c", parse], {
      input: JSON.stringify(kits.map(pythonStub)),
      encoding: "utf8"
    })
    assert.strictEqual(status, 0, stderr)
    assert.deepStrictEqual(JSON.parse(stdout), [
      ["Order desk", [
        ["find", ["id"], "Find an order"],
        ["refund", ["id", "cents"], "Refund an order"],
        ["report", ["maxItems", "verbose", "tags", "sizes", "mode"], "Report"]
      ]],
      ["Every shape * / ''' that a Schema \\ has", [
        ["create_item", ["input"], "Names with * / hyphens, and ''' quotes \\"],
        ["delete", ["input"], "A keyword"],
        ["_lambda", ["first", "last"], "A keyword of Python"],
        ["_7up", [], "Begins with a digit"],
        ["tree", ["tree"], "Recursive"]
      ]],
      ["Plain functions", [["add", ["a"], "Adds"], ["anything", [], "Says nothing of itself"]]]
    ])
  })
})
