// Random requests for the operations of openapi.json: as its schemas say, nearly so, not at all.
import fc from 'fast-check';

const hostileTexts = [
  '',
  ' ',
  '0',
  '-1',
  '01',
  '1e3',
  '1.5',
  '9007199254740993',
  '18446744073709551616',
  'null',
  'true',
  '..',
  '/',
  '%',
  '%00',
  '{}',
  '[]',
  "'",
  '"',
  '\u0000',
  '\ud800',
  '碳迹',
  'A'.repeat(300),
  'a'.repeat(2500),
  '\r\nX: y',
  '00000000000000000000000000000000',
  '+',
  '*',
  '=',
  '&',
  '?',
  '#',
];
const hostileValues = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  1e300,
  '',
  '0',
  '00',
  '-0',
  '1',
  '999999999999999999',
  '9999999999999999999',
  'x',
  '\u0000',
  '碳',
  'y'.repeat(5000),
  [],
  [[]],
  {},
  { a: 1 },
  [null],
];
const deepest = 6;

export const hostileText = fc.oneof(
  fc.constantFrom(...hostileTexts),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.stringMatching(/^[0-9a-f]{31,33}$/),
);
export const hostileValue = fc.oneof(
  fc.constantFrom(...hostileValues),
  fc.jsonValue({ maxDepth: 3 }),
);

// What a schema describes; deep or unlimited things stay small.
export function fromSchema(oracle, node, depth = 0) {
  const [schema] = oracle.resolve(node, '');
  const go = (inner) => fromSchema(oracle, inner, depth + 1);
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (depth > deepest) return fc.constant(null);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map(go));
  if (schema.allOf) {
    return fc.tuple(...schema.allOf.map(go)).map((parts) => Object.assign({}, ...parts));
  }
  switch (schema.type) {
    case 'string':
      return schema.pattern
        ? fc.stringMatching(new RegExp(schema.pattern))
        : fc.string({ maxLength: Math.min(schema.maxLength ?? 40, 40) });
    case 'integer':
      return fc.integer({
        min: schema.minimum ?? 0,
        max: Math.min(schema.maximum ?? 1e15, Number.MAX_SAFE_INTEGER),
      });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(go(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: 4 });
    case 'object': {
      const members = Object.entries(schema.properties ?? {});
      const known = fc.record(Object.fromEntries(members.map(([name, each]) => [name, go(each)])), {
        requiredKeys: schema.required ?? [],
      });
      const more = schema.additionalProperties;
      return typeof more === 'object'
        ? fc
            .tuple(known, fc.dictionary(fc.string({ maxLength: 12 }), go(more), { maxKeys: 3 }))
            .map(([a, b]) => ({ ...b, ...a }))
        : known;
    }
    default:
      return hostileValue;
  }
}

// A value with one member somewhere replaced, removed or added.
export function mutated(value) {
  return fc
    .tuple(fc.nat(), fc.constantFrom('replace', 'remove', 'add', 'keep'), hostileValue)
    .map(([at, how, other]) => {
      const copy = structuredClone(value);
      const places = [];
      const walk = (node) => {
        for (const name of Object.keys(node)) {
          places.push([node, name]);
          if (node[name] !== null && typeof node[name] === 'object') walk(node[name]);
        }
      };
      walk(copy);
      if (places.length === 0 || how === 'keep') return copy;
      const [node, name] = places[at % places.length];
      if (how === 'replace') node[name] = other;
      else if (how === 'remove') delete node[name];
      else node.surprise = other;
      return copy;
    });
}

// The target of a request: known objects, what the schema allows, or (unless polite) anything.
export function target(oracle, operation, known, isPolite) {
  const valueOf = (parameter) => {
    const schema = fromSchema(oracle, parameter.schema).map((value) => `${value}`);
    const pool = known[parameter.name];
    if (parameter.name === 'wait')
      return fc.constantFrom(...(isPolite ? ['1'] : ['0', 'x', '31', '-1']));
    if (isPolite) return pool?.length ? fc.constantFrom(...pool) : schema;
    return pool?.length
      ? fc.oneof(
          { weight: 4, arbitrary: fc.constantFrom(...pool) },
          { weight: 2, arbitrary: schema },
          hostileText,
        )
      : fc.oneof({ weight: 4, arbitrary: schema }, hostileText);
  };
  const where = (place) =>
    operation.parameters
      .map((each) => oracle.resolve(each, '')[0])
      .filter((each) => each.in === place);
  const named = (list) => Object.fromEntries(list.map((each) => [each.name, valueOf(each)]));
  const required = where('query')
    .filter((each) => each.required)
    .map((each) => each.name);
  return fc
    .record({
      path: fc.record(named(where('path'))),
      query: fc.record(named(where('query')), { requiredKeys: required }),
      unknown: isPolite
        ? fc.constant(null)
        : fc.oneof({ weight: 12, arbitrary: fc.constant(null) }, hostileText),
    })
    .map(({ path, query, unknown }) => {
      // A lone surrogate has no UTF-8; an empty segment or a dot would be another path.
      const encode = (text) =>
        encodeURIComponent(text.toWellFormed?.() ?? text.replace(/[\ud800-\udfff]/g, ''));
      const segment = (name) => {
        const text =
          name === 'tile' ? path[name].split('/').map(encode).join('/') : encode(path[name]);
        return /^(|\.|\.\.)$/.test(text) ? '~' : text;
      };
      const filled = operation.template.replace(/\{([^}]+)\}/g, (_, name) => segment(name));
      const pairs = Object.entries(query).map(([name, value]) => `${name}=${encode(value)}`);
      if (unknown !== null) pairs.push(`${encode(unknown)}=1`);
      return filled + (pairs.length ? `?${pairs.join('&')}` : '');
    });
}
