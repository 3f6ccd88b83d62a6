import { Quantity, QuantityError } from "../../quantity.ts";
import { CelError } from "../cel-error.ts";
import { Library, TRAVERSES } from "../function.ts";
import { CelOpaque, type CelValue } from "../values.ts";

class CelQuantity extends CelOpaque {
  readonly typeName = "kubernetes.Quantity";
  readonly quantity: Quantity;
  constructor(quantity: Quantity) {
    super();
    this.quantity = quantity;
  }
  equals(other: CelOpaque): boolean {
    return other instanceof CelQuantity && this.quantity.compare(other.quantity) === 0;
  }
}

function parse(text: string): CelQuantity {
  try {
    return new CelQuantity(Quantity.parse(text));
  } catch (error) {
    if (error instanceof QuantityError) throw new CelError(error.message);
    throw error;
  }
}

function isQuantity(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

const of = (value: CelValue | undefined) => (value as CelQuantity).quantity;

function asInteger(quantity: Quantity): bigint | undefined {
  const value = quantity.value();
  return Quantity.fromNumber(value).compare(quantity) === 0 ? value : undefined;
}

function mustBeInteger(quantity: Quantity): bigint {
  const value = asInteger(quantity);
  if (value === undefined) throw new CelError("cannot convert value to integer");
  return value;
}

/** Kubernetes' `quantity`. */
export function quantities(): Library {
  return new Library()
    .define("string_to_quantity", "quantity(string) -> kubernetes.Quantity", ([text]) => parse(text as string), TRAVERSES)
    .define("is_quantity_string", "isQuantity(string) -> bool", ([text]) => isQuantity(text as string), TRAVERSES)
    .define("quantity_sign", "kubernetes.Quantity::sign() -> int", ([a]) => BigInt(of(a).sign()))
    .define("quantity_is_integer", "kubernetes.Quantity::isInteger() -> bool", ([a]) => asInteger(of(a)) !== undefined)
    .define("quantity_as_integer", "kubernetes.Quantity::asInteger() -> int", ([a]) => mustBeInteger(of(a)))
    .define("quantity_as_float", "kubernetes.Quantity::asApproximateFloat() -> double", ([a]) => of(a).approximate())
    .define("quantity_is_greater_than", "kubernetes.Quantity::isGreaterThan(kubernetes.Quantity) -> bool", ([a, b]) => of(a).compare(of(b)) > 0)
    .define("quantity_is_less_than", "kubernetes.Quantity::isLessThan(kubernetes.Quantity) -> bool", ([a, b]) => of(a).compare(of(b)) < 0)
    .define("quantity_compare_to", "kubernetes.Quantity::compareTo(kubernetes.Quantity) -> int", ([a, b]) => BigInt(of(a).compare(of(b))))
    .define("quantity_add", "kubernetes.Quantity::add(kubernetes.Quantity) -> kubernetes.Quantity", ([a, b]) => new CelQuantity(of(a).add(of(b))))
    .define("quantity_add_int", "kubernetes.Quantity::add(int) -> kubernetes.Quantity", ([a, b]) => new CelQuantity(of(a).add(Quantity.fromNumber(b as bigint))))
    .define("quantity_sub", "kubernetes.Quantity::sub(kubernetes.Quantity) -> kubernetes.Quantity", ([a, b]) => new CelQuantity(of(a).sub(of(b))))
    .define("quantity_sub_int", "kubernetes.Quantity::sub(int) -> kubernetes.Quantity", ([a, b]) => new CelQuantity(of(a).sub(Quantity.fromNumber(b as bigint))));
}
