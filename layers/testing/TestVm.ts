/**
 * One VM with a control for each of its services: a real VM in the test's process, of which a test may read what was asked, and
 * which fails or waits where it is told to.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { AuditShape } from "../../services/Audit.ts"
import { Audit } from "../../services/Audit.ts"
import type { FilesystemError, FilesystemShape } from "../../services/Filesystem.ts"
import { Filesystem } from "../../services/Filesystem.ts"
import type { ProcessesError, ProcessesShape } from "../../services/Processes.ts"
import { Processes } from "../../services/Processes.ts"
import type { SchedulerShape } from "../../services/Scheduler.ts"
import { Scheduler } from "../../services/Scheduler.ts"
import type { LeaseError } from "../../services/Sidecar.ts"
import type { HandlersOfConfig } from "../../services/ToolKit.ts"
import type { VmShape } from "../../services/Vm.ts"
import { Vm } from "../../services/Vm.ts"
import type { ToolCallError, VmToolsShape } from "../../services/VmTools.ts"
import type { VmConfigInput } from "../../src/config/VmConfig.ts"
import type { NotYetSupported } from "../../src/errors/NotYetSupported.ts"
import type { ScheduleError } from "../../src/errors/ScheduleError.ts"
import type { CallControl } from "./fakes/Interposed.ts"
import { interpose } from "./fakes/Interposed.ts"
import * as TestSidecar from "./TestSidecar.ts"

/**
 * The calls of the VM itself (`snapshot`, `fork`, `setPermissions`, ...), and of each of its services.
 *
 * @since 0.1.0
 * @category models
 */
export interface TestVmShape extends CallControl<VmShape, LeaseError | FilesystemError> {
  readonly filesystem: CallControl<FilesystemShape, FilesystemError>
  readonly processes: CallControl<ProcessesShape, ProcessesError>
  readonly scheduler: CallControl<SchedulerShape, ScheduleError | NotYetSupported>
  readonly audit: CallControl<AuditShape, never>
  readonly tools: CallControl<VmToolsShape, ToolCallError>
  /** The same VM, with nothing written down and no failure. */
  readonly vm: VmShape
}

/**
 * @since 0.1.0
 * @category tags
 */
export class TestVm extends Context.Tag("effect-agent-os/testing/TestVm")<TestVm, TestVmShape>() {}

const controlled = (vm: VmShape) => {
  const filesystem = interpose<FilesystemShape, FilesystemError>(vm.filesystem)
  const processes = interpose<ProcessesShape, ProcessesError>(vm.processes)
  const scheduler = interpose<SchedulerShape, ScheduleError | NotYetSupported>(vm.scheduler)
  const audit = interpose<AuditShape, never>(vm.audit)
  const tools = interpose<VmToolsShape, ToolCallError>(vm.tools)
  const { control, shape } = interpose<VmShape, LeaseError | FilesystemError>({
    ...vm,
    filesystem: filesystem.shape,
    processes: processes.shape,
    scheduler: scheduler.shape,
    audit: audit.shape,
    tools: tools.shape
  })
  const controls: TestVmShape = {
    ...control,
    filesystem: filesystem.control,
    processes: processes.control,
    scheduler: scheduler.control,
    audit: audit.control,
    tools: tools.control,
    vm
  }
  return { controls, shape }
}

/**
 * The VM as `Vm.layer` gives it, on a sidecar of its own. What jobs and guests do is no call of the host and is not written
 * down; a fork is a VM without controls.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <const Config extends VmConfigInput>(
  config: Config,
  options: TestSidecar.Options = {}
): Layer.Layer<
  Vm | Filesystem | Processes | Scheduler | Audit | TestVm,
  LeaseError,
  HandlersOfConfig<Config>
> =>
  Layer.scopedContext(Effect.map(Vm.make(config), (vm) => {
    const { controls, shape } = controlled(vm)
    return Context.make(Vm, shape).pipe(
      Context.add(Filesystem, shape.filesystem),
      Context.add(Processes, shape.processes),
      Context.add(Scheduler, shape.scheduler),
      Context.add(Audit, shape.audit),
      Context.add(TestVm, controls)
    )
  })).pipe(Layer.provide(TestSidecar.layer(options)))

/**
 * The same by the name that the layer of every fake has.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTest = layer
