/**
 * The VM's clock in the worker. What asks for the time synchronously (`$SECONDS`, `printf %(…)T`, time stamps of the
 * text tools) sees the machine's clock moved to where the kernel's was when it was last asked.
 */
const MachineDate = Date

let offset = 0

const now = () => MachineDate.now() + offset

/** Tells the worker what time it is in the VM. */
export const setClock = (milliseconds: number): void => {
  offset = milliseconds - MachineDate.now()
}

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
