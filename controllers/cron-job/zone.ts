/** What a clock on the wall shows. */
export interface LocalTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const HALF_DAY_MS = 43_200_000;
const formats = new Map<string, Intl.DateTimeFormat>();
/** Time zones that are remembered: users name them. */
const MAX_FORMATS = 600;

/** @throws RangeError when there is no such time zone */
function formatFor(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" });
    if (formats.size >= MAX_FORMATS) formats.clear();
    formats.set(zone, format);
  }
  return format;
}

/** What the clocks of a time zone show at an instant. @throws RangeError when there is no such time zone */
export function localTime(instant_ms: number, zone: string): LocalTime {
  const parts = Object.fromEntries(formatFor(zone).formatToParts(instant_ms).map(({ type, value }) => [type, Number(value)]));
  return { year: parts["year"] ?? 0, month: parts["month"] ?? 0, day: parts["day"] ?? 0, hour: parts["hour"] ?? 0, minute: parts["minute"] ?? 0 };
}

/** The instants at which the clocks show what `face_ms` is in UTC, with one of these offsets: none when they skip it, two when they show it twice. */
export function instantsOf(face_ms: number, offsets_ms: readonly number[], zone: string): number[] {
  return offsets_ms.map((offset) => face_ms - offset).filter((instant) => instant + offset_ms(instant, zone) === face_ms);
}

/** How far the clocks are ahead of UTC on a day (its midnight given as if it were UTC): two values when they are changed about then. */
export function offsetsAround_ms(day_ms: number, zone: string): number[] {
  return [...new Set([offset_ms(day_ms - HALF_DAY_MS, zone), offset_ms(day_ms + 3 * HALF_DAY_MS, zone)])];
}

/** How far the zone's clocks are ahead of UTC. */
function offset_ms(instant_ms: number, zone: string): number {
  const { year, month, day, hour, minute } = localTime(instant_ms, zone);
  return Date.UTC(year, month - 1, day, hour, minute) - Math.floor(instant_ms / 60_000) * 60_000;
}

/** `2026-01-02T15:04:05+01:00`, as Go writes a time in a zone. */
export function zonedRfc3339(instant_ms: number, zone: string): string {
  const offset_min = Math.round(offset_ms(instant_ms, zone) / 60_000);
  const text = new Date(instant_ms + offset_min * 60_000).toISOString().slice(0, 19);
  if (offset_min === 0) return `${text}Z`;
  const [hours, minutes] = [Math.floor(Math.abs(offset_min) / 60), Math.abs(offset_min) % 60];
  return `${text}${offset_min < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`;
}
