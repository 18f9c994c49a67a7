// Requests whose replies are held against openapi.json, and what was wrong with them.
export class Complaints {
  constructor() {
    this.lines = new Map();
  }

  add(where, fault) {
    const line = `${where}: ${fault}`;
    this.lines.set(line, (this.lines.get(line) ?? 0) + 1);
  }

  // True if there were none.
  tell(program) {
    for (const [line, count] of this.lines) {
      console.log(`${program}: ${line}${count > 1 ? ` (${count} times)` : ''}`);
    }
    return this.lines.size === 0;
  }
}

// Talks to the node, or to prism before it (`isProxy`).
export class Caller {
  constructor(url, oracle, complaints, isProxy = false) {
    Object.assign(this, { url, oracle, complaints, isProxy, requests: 0 });
  }

  async ask(method, path, { body, type, bearer, headers = {} } = {}) {
    this.requests += 1;
    const response = await fetch(this.url + path, {
      method,
      body,
      headers: {
        ...(body === undefined ? {} : { 'Content-Type': type ?? 'application/json' }),
        ...(bearer ? { Authorization: `Bearer ${bearer}` } : {}),
        ...headers,
      },
    });
    const reply = {
      status: response.status,
      type: response.headers.get('content-type'),
      headers: response.headers,
      text: await response.text(),
    };
    const isJson = reply.type?.includes('json') && !reply.type.includes('ndjson') && reply.text;
    reply.json = isJson ? JSON.parse(reply.text) : undefined;
    this.judge(method, path, reply);
    return reply;
  }

  judge(method, path, reply) {
    const where = `${method} ${path.split('?')[0].replace(/[0-9a-f]{32,64}/g, '…')}`;
    if (this.isProxy) {
      const violations = reply.headers.get('sl-violations');
      if (violations) {
        this.complaints.add(where, `${reply.status} prism: ${violations}`);
      }
      if (reply.json?.type?.includes('stoplight.io/prism')) {
        this.complaints.add(where, `prism: ${reply.text}`);
        return;
      }
    }
    for (const fault of this.oracle.faults(method, path, reply)) {
      this.complaints.add(where, `${reply.status} ${fault}`);
    }
    if (reply.status >= 500 && !reply.json?.retryable) {
      this.complaints.add(where, `${reply.status} ${reply.text}`);
    }
  }
}
