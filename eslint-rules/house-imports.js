/**
 * The arrows between the folders: bin -> layers -> services -> src, and native -> src. Each file may import only what its
 * folder may; the message says where the code belongs instead.
 */
import { builtinModules } from "node:module"
import path from "node:path"

const builtins = new Set(builtinModules)
const isNodeBuiltin = (source) => source.startsWith("node:") || builtins.has(source.split("/")[0])
const isNodePackage = (source) => /^@effect\/platform-(?:node|bun|deno|browser)/.test(source)
const isBarrel = (source) => /^(?:effect|@effect\/[^/]+)$/.test(source) && source !== "@effect/vitest"

/** What the files of a folder may import from the other folders, and the advice when they do not keep to it. */
const folders = {
  src: {
    may: ["src"],
    advice: "src holds vocabulary only: move the shared type or function down into src"
  },
  services: {
    may: ["src", "services"],
    advice: "services declare tags and shapes: put the implementation into layers, or the shared type into src"
  },
  layers: {
    may: ["src", "services", "layers"],
    advice: "layers reach the kernel through a Transport: put what both sides share into src/wire"
  },
  "layers/testing": {
    may: ["src", "services", "layers", "native"],
    advice: "layers/testing may import src, services, layers and native"
  },
  native: {
    may: ["src", "native"],
    advice: "native is the sidecar program: put what both sides share into src"
  },
  bin: {
    may: ["src", "services", "layers", "bin"],
    advice: "bin starts the sidecar through layers/node"
  }
}

const folderOf = (file) => {
  const parts = file.split("/")
  if (parts[0] === "layers" && parts[1] === "testing") {
    return "layers/testing"
  }
  return parts[0]
}

const kernel = "native/kernel/"

/** Folders that do without Node. */
const nodeFree = [
  ["src/", "src is plain vocabulary: put code that needs Node into layers/node or native"],
  ["services/", "services are interfaces: put code that needs Node into layers/node"],
  ["layers/remote/", "layers/remote works wherever a Transport does: put code that needs Node into layers/node"],
  ["layers/ai/", "layers/ai works wherever a Transport does: put code that needs Node into layers/node"],
  [kernel, "the kernel's cores do no I/O: put code that needs Node into native/server"]
]

/** Where the kernel runs guests: threads are Node's. */
const isPlainKernel = (file) => file.startsWith(kernel) && !file.startsWith("native/kernel/workers/")

/** What a user need not have, and the one folder or file that may import it. */
const optionalPeers = [
  ["@effect/ai", "layers/ai/"],
  ["@modelcontextprotocol/sdk", "layers/mcp/"],
  ["vitest", "layers/testing/vitest.ts"]
]

/** Folders that need more than the package does: only the command, and tests, may import them. */
const apart = ["layers/ai/", "layers/mcp/"]

/** The package's face may re-export what the folders above offer. */
const faces = new Set(["src/index.ts"])

const checkTarget = (file, target) => {
  const folder = folders[folderOf(file)]
  const targetFolder = target.split("/")[0]
  const home = apart.find((prefix) => target.startsWith(prefix))
  if (home !== undefined && !file.startsWith(home) && !file.startsWith("bin/")) {
    return `${home} needs optional peers: only bin may import it.`
  }
  if (folder === undefined || folder.may.includes(targetFolder)) {
    return undefined
  }
  if (faces.has(file) && (targetFolder === "services" || targetFolder === "layers")) {
    return undefined
  }
  return `${folderOf(file)} must not import ${targetFolder}: ${folder.advice}.`
}

const checkPackage = (file, source) => {
  const free = nodeFree.find(([prefix]) => prefix === kernel ? isPlainKernel(file) : file.startsWith(prefix))
  if (free !== undefined && (isNodeBuiltin(source) || isNodePackage(source))) {
    return `${source} is Node only: ${free[1]}.`
  }
  if (isPlainKernel(file) && /^(?:effect|@effect)(?:\/|$)/.test(source)) {
    return "the kernel's cores are plain TypeScript: put code that needs Effect into native/server."
  }
  const peer = optionalPeers.find(([name]) => source === name || source.startsWith(`${name}/`))
  if (peer !== undefined && !file.startsWith(peer[1])) {
    return `${source} is an optional peer: only ${peer[1]} may import it.`
  }
  if (isBarrel(source)) {
    return `${source} is a barrel and slow to load: import the module, as in import * as Name from "${source}/Name".`
  }
  if (source === "effect-agent-os" || source.startsWith("effect-agent-os/")) {
    return "the package must not import itself by name: use a relative path."
  }
  return undefined
}

/** The fault of one import, or `undefined`. `file` is relative to the root, with forward slashes. */
const check = (file, source) => {
  if (folders[folderOf(file)] === undefined || source.startsWith("#")) {
    return undefined
  }
  if (source.startsWith(".")) {
    return checkTarget(file, path.posix.normalize(path.posix.join(path.posix.dirname(file), source)))
  }
  return checkPackage(file, source)
}

export default {
  meta: {
    type: "problem",
    docs: { description: "imports follow the arrows between the folders" },
    schema: [],
    messages: { fault: "{{ fault }}" }
  },
  create(context) {
    const file = path.relative(context.cwd, context.filename).split(path.sep).join("/")
    const visit = (source) => {
      if (source?.type !== "Literal" || typeof source.value !== "string") {
        return
      }
      const fault = check(file, source.value)
      if (fault !== undefined) {
        context.report({ node: source, messageId: "fault", data: { fault } })
      }
    }
    return {
      ImportDeclaration: (node) => visit(node.source),
      ExportNamedDeclaration: (node) => visit(node.source),
      ExportAllDeclaration: (node) => visit(node.source),
      ImportExpression: (node) => visit(node.source),
      TSImportType: (node) => visit(node.source ?? node.argument?.literal)
    }
  }
}
