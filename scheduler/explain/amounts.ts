const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/** At most two decimals, none that say nothing. */
function short(value: number): string {
  return String(Number(value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2)));
}

function isBytes(resource: string): boolean {
  return resource === "memory" || resource === "ephemeral-storage" || resource.startsWith("hugepages-");
}

/** A bare number as people write it: `1.4` of 1400 milli CPU, `1.5 GiB`, `2`. `amount` is in the unit of the snapshot's columns. */
export function amountText(resource: string, amount: number): string {
  if (resource === "cpu") return short(amount / 1000);
  if (!isBytes(resource)) return short(amount);
  let value = amount;
  let unit = 0;
  for (; Math.abs(value) >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024;
  return `${short(value)} ${UNITS[unit]}`;
}

/** The same with the resource's name: `2 CPU`, `1.5 GiB memory`, `2 nvidia.com/gpu`. */
export function resourceText(resource: string, amount: number): string {
  if (resource === "pods") return `${short(amount)} ${amount === 1 ? "pod" : "pods"}`;
  return `${amountText(resource, amount)} ${resource === "cpu" ? "CPU" : resource}`;
}

/** A quantity that a manifest would say: `1400m`, `1536Mi`, `2`; rounded down, so that it fits where the amount does. */
export function quantityText(resource: string, amount: number): string {
  if (resource === "cpu") return amount % 1000 === 0 ? String(amount / 1000) : `${Math.floor(amount)}m`;
  if (!isBytes(resource)) return String(Math.floor(amount));
  const mebibytes = Math.floor(amount / 2 ** 20);
  if (mebibytes === 0) return String(Math.floor(amount));
  return mebibytes % 1024 === 0 ? `${mebibytes / 1024}Gi` : `${mebibytes}Mi`;
}

/** `1 pod`, `3 pods`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
