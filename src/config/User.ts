/**
 * The account that guests run as.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { optionalKey } from "../OptionalKey.ts"
import { AccountId, GuestPath, withDefault } from "./Primitives.ts"

/**
 * A name of an account: no colon, blank, slash or control character, since it stands in `/etc/passwd` and in a path.
 *
 * @since 0.1.0
 * @category schemas
 */
export const UserName: Schema.filter<typeof Schema.String> = Schema.String.pipe(
  Schema.filter((name) => /^[^:/\s\p{Cc}]{1,32}$/u.test(name) && name !== "." && name !== "..", {
    identifier: "UserName",
    description: "a user name of 1 to 32 characters without colon, slash or blank",
    arbitrary: () => (fc) => fc.stringMatching(/^[a-z_][a-z0-9_-]{0,15}$/)
  })
)

const Account = Schema.Struct({
  name: UserName,
  uid: AccountId,
  gid: AccountId,
  home: GuestPath,
  shell: GuestPath
})

const Written = Schema.Struct({
  name: withDefault(UserName, () => "user"),
  uid: withDefault(AccountId, () => 1000),
  gid: withDefault(AccountId, () => 1000),
  home: optionalKey(GuestPath),
  shell: withDefault(GuestPath, () => "/bin/sh")
})

/**
 * Default: `user`, 1000:1000, `/home/user`, `/bin/sh`. A home that is not given follows the name.
 *
 * @since 0.1.0
 * @category schemas
 */
export const User = Schema.transform(Written, Account, {
  strict: true,
  decode: ({ home, name, ...rest }) => ({
    ...rest,
    name,
    home: home ?? (name === "root" ? "/root" : `/home/${name}`)
  }),
  encode: (account) => account
})

/**
 * @since 0.1.0
 * @category models
 */
export interface User extends Schema.Schema.Type<typeof User> {}

/**
 * @since 0.1.0
 * @category constructors
 */
export const defaultUser = (): User => ({
  name: "user",
  uid: 1000,
  gid: 1000,
  home: "/home/user",
  shell: "/bin/sh"
})
