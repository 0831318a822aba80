/** The filesystem's operations on extended attributes: each checks what it is given, then looks up the path. */
import type { Caller, FollowOptions } from "./operation.ts"
import { Operation } from "./operation.ts"
import { resolve, type Walk } from "./resolve.ts"
import type { State } from "./state.ts"
import type { SetXattrOptions } from "./xattr.ts"
import { checkName, checkValue, getXattr, listXattrs, removeXattr, setXattr } from "./xattr.ts"

export class XattrOperations {
  constructor(protected readonly state: State) {}

  protected find(op: Operation, follow = true): Walk {
    return resolve(op, this.state.mounts, op.path, follow)
  }

  /** The value of an extended attribute. */
  getXattr(caller: Caller, path: string, name: string, options?: FollowOptions): Uint8Array {
    const op = new Operation(caller, "getxattr", path)
    checkName(op, name)
    return getXattr(op, this.find(op, options?.follow).inode, name)
  }

  /** The names of all extended attributes, in order. */
  listXattrs(caller: Caller, path: string, options?: FollowOptions): Array<string> {
    return listXattrs(this.find(new Operation(caller, "listxattr", path), options?.follow).inode)
  }

  setXattr(
    caller: Caller,
    path: string,
    name: string,
    value: Uint8Array,
    options: SetXattrOptions & FollowOptions = {}
  ): void {
    const op = new Operation(caller, "setxattr", path)
    checkName(op, name)
    checkValue(op, value)
    const { inode, mount } = this.find(op, options.follow)
    setXattr(op, this.state, mount, inode, name, value, options)
  }

  removeXattr(caller: Caller, path: string, name: string, options?: FollowOptions): void {
    const op = new Operation(caller, "removexattr", path)
    checkName(op, name)
    const { inode, mount } = this.find(op, options?.follow)
    removeXattr(op, this.state, mount, inode, name)
  }
}
