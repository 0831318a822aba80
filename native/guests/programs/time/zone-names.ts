/** What zones are called for short (CET, EST), which Intl does not say. */

/** By the English names of Intl. Zones that the database gives numbers (`-03`) have none here. */
const NAMES: Readonly<Record<string, string>> = {
  "Alaska Daylight Time": "AKDT",
  "Alaska Standard Time": "AKST",
  "American Samoa Standard Time": "SST",
  "Atlantic Daylight Time": "ADT",
  "Atlantic Standard Time": "AST",
  "Australian Central Daylight Time": "ACDT",
  "Australian Central Standard Time": "ACST",
  "Australian Eastern Daylight Time": "AEDT",
  "Australian Eastern Standard Time": "AEST",
  "Australian Western Standard Time": "AWST",
  "British Summer Time": "BST",
  "Central Africa Time": "CAT",
  "Central Daylight Time": "CDT",
  "Central European Standard Time": "CET",
  "Central European Summer Time": "CEST",
  "Central Indonesia Time": "WITA",
  "Central Standard Time": "CST",
  "Chamorro Standard Time": "ChST",
  "China Daylight Time": "CDT",
  "China Standard Time": "CST",
  "Coordinated Universal Time": "UTC",
  "Cuba Daylight Time": "CDT",
  "Cuba Standard Time": "CST",
  "East Africa Time": "EAT",
  "Eastern Daylight Time": "EDT",
  "Eastern European Standard Time": "EET",
  "Eastern European Summer Time": "EEST",
  "Eastern Indonesia Time": "WIT",
  "Eastern Standard Time": "EST",
  "Greenwich Mean Time": "GMT",
  "Hawaii-Aleutian Daylight Time": "HDT",
  "Hawaii-Aleutian Standard Time": "HST",
  "Hong Kong Standard Time": "HKT",
  "Hong Kong Summer Time": "HKST",
  "India Standard Time": "IST",
  "Irish Standard Time": "IST",
  "Israel Daylight Time": "IDT",
  "Israel Standard Time": "IST",
  "Japan Daylight Time": "JDT",
  "Japan Standard Time": "JST",
  "Korean Daylight Time": "KDT",
  "Korean Standard Time": "KST",
  "Mexican Pacific Daylight Time": "MDT",
  "Mexican Pacific Standard Time": "MST",
  "Moscow Standard Time": "MSK",
  "Moscow Summer Time": "MSD",
  "Mountain Daylight Time": "MDT",
  "Mountain Standard Time": "MST",
  "New Zealand Daylight Time": "NZDT",
  "New Zealand Standard Time": "NZST",
  "Newfoundland Daylight Time": "NDT",
  "Newfoundland Standard Time": "NST",
  "Pacific Daylight Time": "PDT",
  "Pacific Standard Time": "PST",
  "Pakistan Standard Time": "PKT",
  "Philippine Standard Time": "PST",
  "South Africa Standard Time": "SAST",
  "Taiwan Daylight Time": "CDT",
  "Taiwan Standard Time": "CST",
  "West Africa Time": "WAT",
  "Western European Standard Time": "WET",
  "Western European Summer Time": "WEST",
  "Western Indonesia Time": "WIB",
  "Yukon Time": "MST"
}

const HOUR = 3_600_000

/** Zones whose names are not those of the others that Intl calls alike: their offsets in hours, and what they are called then. */
const OWN: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  "Antarctica/Casey": {},
  "Antarctica/Troll": {},
  "Asia/Colombo": {},
  "Europe/Guernsey": { 0: "GMT", 1: "BST" },
  "Europe/Isle_of_Man": { 0: "GMT", 1: "BST" },
  "Europe/Jersey": { 0: "GMT", 1: "BST" },
  "Europe/London": { 0: "GMT", 1: "BST", 2: "BDST" },
  "Europe/Minsk": {},
  "Etc/GMT": { 0: "GMT" },
  GB: { 0: "GMT", 1: "BST" },
  "GB-Eire": { 0: "GMT", 1: "BST" },
  GMT: { 0: "GMT" },
  "GMT+0": { 0: "GMT" },
  "GMT-0": { 0: "GMT" },
  GMT0: { 0: "GMT" },
  MET: { 1: "MET", 2: "MEST" }
}

const two = (value: number): string => String(value).padStart(2, "0")

/** An offset as the database names zones by it: `+0530`, `-03`. */
const numeric = (offset: number): string => {
  const minutes = Math.abs(offset) / 60_000
  const rest = Math.trunc(minutes % 60)
  return `${offset < 0 ? "-" : "+"}${two(Math.trunc(minutes / 60))}${rest === 0 ? "" : two(rest)}`
}

/** The short names of a zone of the database, by an instant and its offset then. */
export const shortNames = (zone: string): (instant: number, offset: number) => string => {
  const own = OWN[zone]
  let format: Intl.DateTimeFormat | undefined
  return (instant, offset) => {
    // before there were zones, places had the time of their sun
    if (offset % 60_000 !== 0) return "LMT"
    if (own !== undefined) return own[offset / HOUR] ?? numeric(offset)
    format ??= new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "long" })
    const long = format.formatToParts(instant).find(({ type }) => type === "timeZoneName")?.value
    return NAMES[long ?? ""] ?? numeric(offset)
  }
}
