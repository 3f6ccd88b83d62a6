/** `5s`, `3m20s`, `2d4h`: how long ago a time was, as kubectl rounds it; `<unknown>` for none. */
export function age(time: string, now_ms: number): string {
  const then_ms = Date.parse(time);
  return Number.isNaN(then_ms) ? "<unknown>" : duration(Math.max(0, now_ms - then_ms));
}

/** A duration in the two units that say enough. */
export function duration(span_ms: number): string {
  const seconds = Math.floor(span_ms / 1000);
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return two(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return two(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  return days < 8 ? two(days, "d", hours % 24, "h") : `${days}d`;
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return `${large}${largeUnit}${small === 0 ? "" : `${small}${smallUnit}`}`;
}
