import type { DataType } from "../../cel/data-type.ts";
import { plainType } from "../../cel/data-type.ts";
import { Environment } from "../../cel/environment.ts";
import { BOOL, type CelType, DYN, mapOf, type ObjectType, parseType, STRING, typeText } from "../../cel/types.ts";
import { forbidden, invalid, tooLong } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { Errors } from "../common.ts";
import { byteLength } from "../names.ts";
import { compileExpression } from "./compile.ts";

const MAX_BYTES = 10 * 1024;
/** Units of cost that a selector may need for one device. */
const MAX_COST = 1_000_000;
const MAX_ENTRIES = 32;
const MAX_VALUE_LENGTH = 64;
const MAX_DRIVER_LENGTH = 63;

let shared: Environment | undefined;

/** Under each domain, the device's attributes and capacities by their names. */
function deviceEnvironment(): Environment {
  const attributes = domains({ ...plainType(DYN, MAX_VALUE_LENGTH) });
  const capacity = domains(plainType(parseType("kubernetes.Quantity"), 1));
  const fields = new Map<string, DataType>([["driver", plainType(STRING, MAX_DRIVER_LENGTH)], ["attributes", attributes], ["capacity", capacity], ["allowMultipleAllocations", plainType(BOOL, 1)]]);
  const type: ObjectType = { kind: "object", name: "kubernetes.DRADevice", fields: new Map([...fields].map(([name, field]) => [name, field.type])) };
  return new Environment({ variables: new Map([["device", { ...plainType(type, fields.size), fields }]]) });
}

function domains(value: DataType): DataType {
  return mapType(mapType(value));
}

function mapType(element: DataType): DataType {
  const type: CelType = mapOf(STRING, element.type);
  return { ...plainType(type, MAX_ENTRIES), element };
}

/** A selector says of each device whether it will do. */
export function validateDeviceSelector(expression: string, path: FieldPath, errors: Errors): void {
  if (byteLength(expression) > MAX_BYTES) {
    errors.push(tooLong(path, MAX_BYTES));
    return;
  }
  shared ??= deviceEnvironment();
  const program = compileExpression(shared, expression);
  if (typeof program === "string") errors.push(invalid(path, expression, program));
  else if (program.type.kind !== "bool" && program.type.kind !== "dyn") errors.push(invalid(path, expression, `must evaluate to bool or the unknown type, not ${typeText(program.type)}`));
  else if (program.estimate().max > MAX_COST) errors.push(forbidden(path, "too complex, exceeds cost limit"));
}
