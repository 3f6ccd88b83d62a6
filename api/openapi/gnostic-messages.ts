/** How a member of the JSON document is written: a scalar (`anyBool`: false too), a list of texts, any value (as YAML), or a message of the table. */
export type GnosticType = "string" | "bool" | "anyBool" | "int" | "double" | "strings" | "any" | "anys" | { readonly message: string } | { readonly messages: string } | { readonly named: string };

/** One message of openapi.v2 (github.com/google/gnostic-models), by the JSON that it is made from. */
export interface GnosticMessage {
  /** JSON member → field number and type. */
  readonly fields?: Readonly<Record<string, readonly [number, GnosticType]>>;
  /** Field that takes the members that begin with `x-`. */
  readonly extensions?: number;
  /** Field and message for all other members, each with its name. */
  readonly others?: readonly [number, string];
  /** One field for the whole value, chosen by what it is. */
  choose?(value: unknown): readonly [number, GnosticType];
}

const has = (value: unknown, member: string): boolean => typeof value === "object" && value !== null && Object.hasOwn(value, member);
const member = (value: unknown, name: string): unknown => (has(value, name) ? (value as Record<string, unknown>)[name] : undefined);

/** The limits that parameters, headers and items share, from their first number on. */
function limits(first: number): Record<string, readonly [number, GnosticType]> {
  const names = ["maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "enum", "multipleOf"];
  const types: Readonly<Record<string, GnosticType>> = { maximum: "double", exclusiveMaximum: "bool", minimum: "double", exclusiveMinimum: "bool", pattern: "string", uniqueItems: "bool", enum: "anys", multipleOf: "double" };
  return Object.fromEntries(names.map((name, i) => [name, [first + i, types[name] ?? "int"] as const]));
}

/** Query and form parameters may be empty, header and path parameters may not: all that follows is one number further. */
function parameter(mayBeEmpty: boolean): GnosticMessage {
  const shift = mayBeEmpty ? 1 : 0;
  return {
    fields: {
      required: [1, "bool"],
      in: [2, "string"],
      description: [3, "string"],
      name: [4, "string"],
      ...(mayBeEmpty ? { allowEmptyValue: [5, "bool"] as const } : {}),
      type: [5 + shift, "string"],
      format: [6 + shift, "string"],
      items: [7 + shift, { message: "PrimitivesItems" }],
      collectionFormat: [8 + shift, "string"],
      default: [9 + shift, "any"],
      ...limits(10 + shift),
    },
    extensions: 22 + shift,
  };
}

const NON_BODY: Readonly<Record<string, readonly [number, GnosticType]>> = {
  header: [1, { message: "HeaderParameterSubSchema" }],
  formData: [2, { message: "FormDataParameterSubSchema" }],
  query: [3, { message: "QueryParameterSubSchema" }],
  path: [4, { message: "PathParameterSubSchema" }],
};

const schemaFields: GnosticMessage["fields"] = {
  $ref: [1, "string"],
  format: [2, "string"],
  title: [3, "string"],
  description: [4, "string"],
  default: [5, "any"],
  multipleOf: [6, "double"],
  maximum: [7, "double"],
  exclusiveMaximum: [8, "bool"],
  minimum: [9, "double"],
  exclusiveMinimum: [10, "bool"],
  maxLength: [11, "int"],
  minLength: [12, "int"],
  pattern: [13, "string"],
  maxItems: [14, "int"],
  minItems: [15, "int"],
  uniqueItems: [16, "bool"],
  maxProperties: [17, "int"],
  minProperties: [18, "int"],
  required: [19, "strings"],
  enum: [20, "anys"],
  additionalProperties: [21, { message: "AdditionalPropertiesItem" }],
  type: [22, { message: "TypeItem" }],
  items: [23, { message: "ItemsItem" }],
  allOf: [24, { messages: "Schema" }],
  properties: [25, { message: "Properties" }],
  discriminator: [26, "string"],
  readOnly: [27, "bool"],
  externalDocs: [29, { message: "ExternalDocs" }],
  example: [30, "any"],
};

/** The messages that a Swagger 2.0 document of the Kubernetes API is made of. */
export const gnosticMessages: Readonly<Record<string, GnosticMessage>> = {
  Document: {
    fields: {
      swagger: [1, "string"],
      info: [2, { message: "Info" }],
      host: [3, "string"],
      basePath: [4, "string"],
      schemes: [5, "strings"],
      consumes: [6, "strings"],
      produces: [7, "strings"],
      paths: [8, { message: "Paths" }],
      definitions: [9, { message: "Definitions" }],
      security: [12, { messages: "SecurityRequirement" }],
      securityDefinitions: [13, { message: "SecurityDefinitions" }],
      tags: [14, { messages: "Tag" }],
      externalDocs: [15, { message: "ExternalDocs" }],
    },
    extensions: 16,
  },
  Info: { fields: { title: [1, "string"], version: [2, "string"], description: [3, "string"], termsOfService: [4, "string"] }, extensions: 7 },
  Tag: { fields: { name: [1, "string"], description: [2, "string"] }, extensions: 4 },
  ExternalDocs: { fields: { description: [1, "string"], url: [2, "string"] }, extensions: 3 },
  Paths: { extensions: 1, others: [2, "PathItem"] },
  PathItem: {
    fields: {
      $ref: [1, "string"],
      get: [2, { message: "Operation" }],
      put: [3, { message: "Operation" }],
      post: [4, { message: "Operation" }],
      delete: [5, { message: "Operation" }],
      options: [6, { message: "Operation" }],
      head: [7, { message: "Operation" }],
      patch: [8, { message: "Operation" }],
      parameters: [9, { messages: "ParametersItem" }],
    },
    extensions: 10,
  },
  Operation: {
    fields: {
      tags: [1, "strings"],
      summary: [2, "string"],
      description: [3, "string"],
      externalDocs: [4, { message: "ExternalDocs" }],
      operationId: [5, "string"],
      produces: [6, "strings"],
      consumes: [7, "strings"],
      parameters: [8, { messages: "ParametersItem" }],
      responses: [9, { message: "Responses" }],
      schemes: [10, "strings"],
      deprecated: [11, "bool"],
      security: [12, { messages: "SecurityRequirement" }],
    },
    extensions: 13,
  },
  ParametersItem: { choose: (value) => (has(value, "$ref") ? [2, { message: "JsonReference" }] : [1, { message: "Parameter" }]) },
  Parameter: { choose: (value) => (member(value, "in") === "body" ? [1, { message: "BodyParameter" }] : [2, { message: "NonBodyParameter" }]) },
  NonBodyParameter: { choose: (value) => NON_BODY[String(member(value, "in"))] ?? [3, { message: "QueryParameterSubSchema" }] },
  BodyParameter: { fields: { description: [1, "string"], name: [2, "string"], in: [3, "string"], required: [4, "bool"], schema: [5, { message: "Schema" }] }, extensions: 6 },
  HeaderParameterSubSchema: parameter(false),
  FormDataParameterSubSchema: parameter(true),
  QueryParameterSubSchema: parameter(true),
  PathParameterSubSchema: parameter(false),
  PrimitivesItems: { fields: { type: [1, "string"], format: [2, "string"], items: [3, { message: "PrimitivesItems" }], collectionFormat: [4, "string"], default: [5, "any"], ...limits(6) }, extensions: 18 },
  JsonReference: { fields: { $ref: [1, "string"], description: [2, "string"] } },
  Responses: { extensions: 2, others: [1, "ResponseValue"] },
  ResponseValue: { choose: (value) => (has(value, "$ref") ? [2, { message: "JsonReference" }] : [1, { message: "Response" }]) },
  Response: { fields: { description: [1, "string"], schema: [2, { message: "SchemaItem" }], headers: [3, { message: "Headers" }] }, extensions: 5 },
  Headers: { others: [1, "Header"] },
  Header: { fields: { type: [1, "string"], format: [2, "string"], items: [3, { message: "PrimitivesItems" }], collectionFormat: [4, "string"], default: [5, "any"], ...limits(6), description: [18, "string"] }, extensions: 19 },
  SchemaItem: { choose: (value) => (member(value, "type") === "file" ? [2, { message: "FileSchema" }] : [1, { message: "Schema" }]) },
  FileSchema: { fields: { format: [1, "string"], title: [2, "string"], description: [3, "string"], default: [4, "any"], required: [5, "strings"], type: [6, "string"], readOnly: [7, "bool"] }, extensions: 10 },
  Schema: { fields: schemaFields, extensions: 31 },
  AdditionalPropertiesItem: { choose: (value) => (typeof value === "boolean" ? [2, "anyBool"] : [1, { message: "Schema" }]) },
  TypeItem: { choose: () => [1, "strings"] },
  ItemsItem: { choose: () => [1, { messages: "Schema" }] },
  Properties: { others: [1, "Schema"] },
  Definitions: { others: [1, "Schema"] },
  SecurityRequirement: { others: [1, "StringArray"] },
  StringArray: { choose: () => [1, "strings"] },
  SecurityDefinitions: { others: [1, "SecurityDefinitionsItem"] },
  SecurityDefinitionsItem: { choose: (value) => (member(value, "type") === "basic" ? [1, { message: "BasicAuthenticationSecurity" }] : [2, { message: "ApiKeySecurity" }]) },
  BasicAuthenticationSecurity: { fields: { type: [1, "string"], description: [2, "string"] }, extensions: 3 },
  ApiKeySecurity: { fields: { type: [1, "string"], name: [2, "string"], in: [3, "string"], description: [4, "string"] }, extensions: 5 },
};
