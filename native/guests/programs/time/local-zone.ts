/** The time of day where a process is: what `TZ` says, read as the C library reads it. */
import * as Zone from "../../../../src/schedule/Zone.ts"
import { readPosixZone } from "./posix-zone.ts"
import { shortNames } from "./zone-names.ts"

export interface LocalTime {
  /** Milliseconds that the clock on the wall is ahead of UTC. */
  readonly offset: number
  /** `CET`. */
  readonly name: string
}

export interface LocalZone {
  readonly at: (instant: number) => LocalTime
}

const fixed = (name: string): LocalZone => {
  const time: LocalTime = { offset: 0, name }
  return { at: () => time }
}

/** The zone of who has no `TZ`. */
export const utc: LocalZone = fixed("UTC")

/** Names of the database that are in no folder. */
const PLAIN = new Set(
  ("CET CST6CDT Cuba EET EST EST5EDT Egypt Eire GB GB-Eire GMT GMT+0 GMT-0 GMT0 Greenwich HST Hongkong Iceland Iran"
    + " Israel Jamaica Japan Kwajalein Libya MET MST MST7MDT NZ NZ-CHAT Navajo PRC PST8PDT Poland Portugal ROC ROK"
    + " Singapore Turkey UCT UTC Universal W-SU WET Zulu").split(" ")
)

/** A folder begins with a capital letter, and so does what is in it: the runtime would take any. */
const PLACE = /^[A-Z][A-Za-z]*(?:\/[A-Z][A-Za-z0-9_+-]*)+$/

/** An instant beyond these is shown as the nearest one: what the runtime can compute. */
const MOST = 8.64e15 - 86_400_000

const named = (name: string): LocalZone | undefined => {
  if (!PLAIN.has(name) && !PLACE.test(name)) return undefined
  if (/^(?:Etc\/)?(?:UTC|UCT|Universal|Zulu)$/.test(name)) return utc
  const zone = Zone.make(name)
  if (zone === undefined) return undefined
  const shortName = shortNames(name)
  return {
    at: (instant) => {
      const bounded = Math.max(-MOST, Math.min(MOST, instant))
      const offset = zone.offsetAt(bounded)
      return {
        offset,
        get name() {
          return shortName(bounded, offset)
        }
      }
    }
  }
}

const load = (text: string): LocalZone => {
  const name = text.replace(/^:/, "").replace(/^\/usr\/share\/zoneinfo\//, "")
  if (name === "") return utc
  const place = named(name)
  if (place !== undefined) return place
  const at = text.startsWith(":") ? undefined : readPosixZone(text)
  if (at !== undefined) return { at }
  // what the C library makes of a name that it does not know
  return fixed(/^(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)/.exec(text)?.[0].replace(/^<|>$/g, "") ?? "")
}

const MAX_ZONES = 64
/** A name that is longer is none. */
const MAX_NAME = 255
const zones = new Map<string, LocalZone>()

/** The zone of a `TZ`. */
export const zoneOf = (text: string | undefined): LocalZone => {
  if (text === undefined || text.length > MAX_NAME) return utc
  let zone = zones.get(text)
  if (zone === undefined) {
    if (zones.size >= MAX_ZONES) zones.clear()
    zone = load(text)
    zones.set(text, zone)
  }
  return zone
}

const DAY = 86_400_000

/**
 * The instant at which the wall shows a time, given as if it were UTC, as mktime(3) chooses: of the two in an hour that
 * is repeated the later one, in an hour that is skipped as if the clock had not been put forward.
 */
export const instantOf = (zone: LocalZone, wall: number): number => {
  const before = zone.at(wall - DAY).offset
  const after = zone.at(wall + DAY).offset
  const shows = (instant: number) => instant + zone.at(instant).offset === wall
  const later = wall - Math.min(before, after)
  if (shows(later)) return later
  const earlier = wall - Math.max(before, after)
  return shows(earlier) ? earlier : wall - before
}

/** Whether the wall shows a time at all. */
export const isShown = (zone: LocalZone, wall: number): boolean => {
  const instant = instantOf(zone, wall)
  return instant + zone.at(instant).offset === wall
}
