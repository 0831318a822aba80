/** What the numbers were measured on. */
import { cpus, loadavg, platform, release, totalmem } from "node:os"

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly node: string
  readonly platform: string
  /** Of the last 1, 5 and 15 minutes, when the run began. */
  readonly loadAverage: ReadonlyArray<number>
}

export const machine = (): Machine => ({
  cpu: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  platform: `${platform()} ${release()}`,
  loadAverage: loadavg().map((load) => Math.round(load * 100) / 100)
})

export const describe = ({ cores, cpu, loadAverage, memoryGiB, node, platform }: Machine): string =>
  `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}, node ${node}, load average ${loadAverage.join(" ")}`
