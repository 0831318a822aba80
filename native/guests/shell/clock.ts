/**
 * The VM's clock in the worker. What asks for the time synchronously (`$SECONDS`, `printf %(…)T`, time stamps of the
 * text tools) sees the machine's clock moved to where the kernel's was when it was last asked.
 */
const MachineDate = Date

let offset = 0
/** The time, when none passes between two messages of the kernel. */
let still: number | undefined

const now = () => still ?? MachineDate.now() + offset

/** Tells the worker what time it is in the VM. */
export const setClock = (milliseconds: number): void => {
  if (still === undefined) offset = milliseconds - MachineDate.now()
}

/** Stops the clock at a time, until the next call. */
export const stopClock = (milliseconds: number): void => {
  still = Math.floor(milliseconds)
}

/** Whether the clock stands: then nothing may depend on how fast the machine is. */
export const clockStands = (): boolean => still !== undefined

/** Replaces `Date` in this worker. */
export const installClock = (): void => {
  const VmDate: DateConstructor = new Proxy(MachineDate, {
    construct: (target, args, newTarget): Date =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget === VmDate ? target : newTarget),
    apply: () => new MachineDate(now()).toString(),
    get: (target, key) => key === "now" ? now : Reflect.get(target, key)
  })
  globalThis.Date = VmDate
}
