/** Users and groups by name and number, as `/etc/passwd` and `/etc/group` have them. */
import { decodeText } from "../../bash/text.ts"
import type { ProgramContext } from "../program.ts"

export interface Users {
  readonly userName: (id: number) => string | undefined
  readonly groupName: (id: number) => string | undefined
  readonly userId: (name: string) => number | undefined
  readonly groupId: (name: string) => number | undefined
  /** The first group of a user. */
  readonly groupOf: (name: string) => number | undefined
  /** Groups that name the user as a member. */
  readonly membershipsOf: (name: string) => ReadonlyArray<number>
  readonly names: ReadonlyArray<string>
}

const rows = async (context: ProgramContext, path: string): Promise<Array<Array<string>>> => {
  const bytes = await context.sys("readFile", path).catch(() => new Uint8Array(0))
  return decodeText(bytes).split("\n").map((line) => line.split(":")).filter((fields) => fields.length > 2)
}

export const readUsers = async (context: ProgramContext): Promise<Users> => {
  const { gid, uid, user } = context.machine.identity
  const [users, groups] = [await rows(context, "/etc/passwd"), await rows(context, "/etc/group")]
  if (!users.some(([name]) => name === user)) users.push([user, "x", String(uid), String(gid)])
  if (!groups.some((fields) => Number(fields[2]) === gid)) groups.push([user, "x", String(gid), ""])
  const byId = (table: Array<Array<string>>, id: number) => table.find((fields) => Number(fields[2]) === id)?.[0]
  const byName = (table: Array<Array<string>>, name: string) => {
    const found = table.find((fields) => fields[0] === name)
    return found === undefined ? undefined : Number(found[2])
  }
  return {
    userName: (id) => byId(users, id),
    groupName: (id) => byId(groups, id),
    userId: (name) => byName(users, name),
    groupId: (name) => byName(groups, name),
    groupOf: (name) => {
      const found = users.find((fields) => fields[0] === name)
      return found === undefined ? undefined : Number(found[3])
    },
    membershipsOf: (name) =>
      groups.filter((fields) => (fields[3] ?? "").split(",").includes(name)).map((fields) => Number(fields[2])),
    names: users.map(([name]) => name)
  }
}
