/** Several scripts that begin alike: what differs is a step of its own, so that one difference is one failure. */
export const steps = (setup: string, commands: ReadonlyArray<string>): Array<string> =>
  commands.map((command) => setup === "" ? command : `${setup}; ${command}`)
