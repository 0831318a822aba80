/** What EXPLAIN gives: the plan of a query as a tree, or the program of its machine as a listing. */
import type { Value } from "./library.ts"

interface Node {
  readonly id: string
  readonly parent: string
  readonly text: string
}

export const printPlan = (rows: ReadonlyArray<ReadonlyArray<Value>>, print: (text: string) => void): void => {
  const nodes: ReadonlyArray<Node> = rows.map(([id, parent, , detail]) => ({
    id: id.text!,
    parent: parent.text!,
    text: detail.text ?? ""
  }))
  if (nodes.length === 0) return
  print("QUERY PLAN\n")
  const walk = (parent: string, indent: string): void => {
    const children = nodes.filter((node) => node.parent === parent)
    children.forEach(({ id, text }, index) => {
      const last = index + 1 === children.length
      print(`${indent}${last ? "`--" : "|--"}${text}\n`)
      walk(id, indent + (last ? "   " : "|  "))
    })
  }
  walk("0", "")
}

const WIDTHS = [4, 13, 4, 4, 4, 13, 2, 13]
const TITLES = ["addr", "opcode", "p1", "p2", "p3", "p4", "p5", "comment"]

export const printProgram = (rows: ReadonlyArray<ReadonlyArray<Value>>, print: (text: string) => void): void => {
  const line = (cells: ReadonlyArray<string>) =>
    `${cells.map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0)).join("  ")}\n`
  print(line(TITLES))
  print(line(WIDTHS.map((width) => "-".repeat(width))))
  for (const row of rows) print(line(row.map(({ text }) => text ?? "")))
}
