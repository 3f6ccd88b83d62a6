const powers: bigint[] = [1n];

/** 10^exponent, exponent >= 0. Small powers are kept. */
export function pow10(exponent: number): bigint {
  const known = powers[exponent];
  if (known !== undefined) return known;
  const power = 10n ** BigInt(exponent);
  if (exponent < 64) powers[exponent] = power;
  return power;
}
