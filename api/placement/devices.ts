/** A share of one device in thousandths; the container resource that asks for it. */
export const GPU_MILLI = "berth.dev/gpu-milli";

/** The annotation that names the devices a bound pod holds: `0,3`. */
export const DEVICES_ANNOTATION = "berth.dev/gpu-devices";

/** One whole device in thousandths. */
export const WHOLE_DEVICE = 1000;

/** Device indices from the annotation; text that is no list of small integers is as good as none. */
export function deviceIndices(annotations: Readonly<Record<string, string>> | undefined): number[] | undefined {
  const text = annotations?.[DEVICES_ANNOTATION];
  if (text === undefined || !/^\d{1,4}(,\d{1,4})*$/.test(text)) return undefined;
  return text.split(",").map(Number);
}
