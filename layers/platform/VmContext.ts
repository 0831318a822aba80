/**
 * A VM as `@effect/platform` services: a program that is written against them runs inside the VM when `VmContext.layer`
 * takes the place of `NodeContext.layer`. Where the two differ, the modules of the services say so.
 *
 * @since 0.1.0
 */
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Filesystem } from "../../services/Filesystem.ts"
import { Processes } from "../../services/Processes.ts"
import type { VmShape } from "../../services/Vm.ts"
import * as VmCommandExecutor from "./VmCommandExecutor.ts"
import * as VmFileSystem from "./VmFileSystem.ts"
import * as VmPath from "./VmPath.ts"

/**
 * The services that a VM gives to a program.
 *
 * @since 0.1.0
 * @category models
 */
export type VmContext = FileSystem.FileSystem | Path.Path | CommandExecutor.CommandExecutor

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Where relative paths begin and commands run. Default: `/home/user`; commands: the home of the VM's user. */
  readonly cwd?: string | undefined
  /**
   * Bytes that `Command.string` and `Command.lines` collect of a command, and the longest line of
   * `Command.streamLines`, before they fail. Default 16 MiB.
   */
  readonly maxOutputBytes?: number | undefined
}

/** The home of the user that VMs have by default. */
const HOME = "/home/user"

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024

/**
 * The services of one VM by its handle, for programs with several VMs.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  vm: Pick<VmShape, "filesystem" | "processes">,
  options: Options = {}
): Effect.Effect<Context.Context<VmContext>> =>
  Effect.gen(function*() {
    const cwd = options.cwd === undefined ? undefined : VmPath.absolute(HOME, options.cwd)
    const directory = cwd ?? HOME
    const fileSystem = VmFileSystem.make(vm.filesystem, directory)
    return Context.make(FileSystem.FileSystem, fileSystem).pipe(
      Context.add(Path.Path, yield* VmPath.make(directory)),
      Context.add(
        CommandExecutor.CommandExecutor,
        VmCommandExecutor.make(vm.processes, fileSystem, {
          cwd,
          directory,
          maxOutputBytes: options.maxOutputBytes ?? MAX_OUTPUT_BYTES
        })
      )
    )
  })

/**
 * @since 0.1.0
 * @category layers
 */
export const layerWith = (options: Options): Layer.Layer<VmContext, never, Filesystem | Processes> =>
  Layer.effectContext(
    Effect.flatMap(
      Effect.all({ filesystem: Filesystem, processes: Processes }),
      (vm) => make(vm, options)
    )
  )

/**
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<VmContext, never, Filesystem | Processes> = layerWith({})
