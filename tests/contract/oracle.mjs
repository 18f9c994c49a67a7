// Holds what a node answers against openapi.json: operation, status, content type, schema.
import Ajv2020 from 'ajv/dist/2020.js';

const methods = ['get', 'post'];

export class Oracle {
  constructor(contract) {
    this.contract = contract;
    this.operations = [];
    this.seen = new Map(); // operationId → statuses
    this.codes = new Set();
    this.ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
    this.ajv.addSchema(contract, 'contract');
    for (const [template, item] of Object.entries(contract.paths)) {
      for (const method of methods.filter((each) => item[each])) {
        // Tiles have slashes in their name.
        const pattern = template
          .replace(/[.]/g, '\\.')
          .replace('{tile}', '(.+)')
          .replace(/\{[^}]+\}/g, '([^/]+)');
        this.operations.push({
          ...item[method],
          method,
          template,
          pattern: new RegExp(`^${pattern}$`),
          parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])],
        });
        this.seen.set(item[method].operationId, new Set());
      }
    }
    // A fixed path goes before one with parameters.
    this.operations.sort((a, b) => a.template.split('{').length - b.template.split('{').length);
  }

  find(method, path) {
    return this.operations.find(
      (each) => each.method === method.toLowerCase() && each.pattern.test(path),
    );
  }

  operation(id) {
    return this.operations.find((each) => each.operationId === id);
  }

  // Follows a reference, and says where it led.
  resolve(node, pointer) {
    while (node?.$ref) {
      pointer = node.$ref.slice(1);
      node = pointer
        .split('/')
        .slice(1)
        .reduce((at, name) => at[name.replaceAll('~1', '/').replaceAll('~0', '~')], this.contract);
    }
    return [node, pointer];
  }

  validate(pointer, value) {
    const path = pointer.split('/').map(encodeURIComponent).join('/');
    const isValid = this.ajv.getSchema(`contract#${path}`);
    if (!isValid) {
      return [`${pointer} is no schema`];
    }
    return isValid(value)
      ? []
      : isValid.errors.map((each) => `${each.instancePath} ${each.message}`);
  }

  // What is wrong with a reply; nothing is good. `text` is its body, read as UTF-8.
  faults(method, path, { status, type, text }) {
    const operation = this.find(method, path.split('?')[0]);
    const at = operation
      ? `/paths/${operation.template.replaceAll('/', '~1')}/${operation.method}/responses`
      : '/components/responses';
    const body = type?.includes('json') && !type.includes('ndjson') ? JSON.parse(text) : undefined;
    if (status >= 400 && body?.code) {
      this.codes.add(body.code);
    }
    if (!operation) {
      return this.validate('/components/schemas/Problem', body);
    }
    this.seen.get(operation.operationId).add(status);
    const key = operation.responses[status] ? status : 'default';
    const [response, pointer] = this.resolve(operation.responses[key], `${at}/${key}`);
    if (!response) {
      return [`status ${status}${body?.code ? ` (${body.code})` : ''} is not documented`];
    }
    const media = type?.split(';')[0].trim();
    if (!response.content || (text === '' && status === 304)) {
      return [];
    }
    if (!response.content[media]) {
      return [`content type ${media} of ${status} is not documented`];
    }
    if (body === undefined || !response.content[media].schema) {
      return [];
    }
    return this.validate(`${pointer}/content/${media.replaceAll('/', '~1')}/schema`, body);
  }
}
