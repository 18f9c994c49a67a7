// What the chapters of the story share: an alliance, prism before its node, and commands sent.
import { readFileSync } from 'node:fs';
import { Alliance, Key, hex, startProgram, stopProgram } from './alliance.mjs';
import { Caller, Complaints } from './caller.mjs';
import { Oracle } from './oracle.mjs';

const here = new URL('.', import.meta.url).pathname;
const contractFile = `${here}../../api/openapi.json`;

export class Stage {
  static async set(programs, folder) {
    const stage = new Stage();
    stage.oracle = new Oracle(JSON.parse(readFileSync(contractFile, 'utf8')));
    stage.complaints = new Complaints();
    stage.alliance = await Alliance.start(programs, folder);
    const { url, port } = stage.alliance;
    const prismPort = port + 7;
    const prismUrl = `http://127.0.0.1:${prismPort}`;
    const program = `${here}node_modules/@stoplight/prism-cli/dist/index.js`;
    stage.prism = await startProgram(
      [
        process.execPath,
        program,
        'proxy',
        contractFile,
        url,
        '--errors',
        '--host',
        '127.0.0.1',
        '--port',
        `${prismPort}`,
      ],
      `${folder}/prism.log`,
      () =>
        fetch(`${prismUrl}/livez`).then(
          () => true,
          () => false,
        ),
    );
    stage.node = new Caller(url, stage.oracle, stage.complaints);
    stage.proxy = new Caller(prismUrl, stage.oracle, stage.complaints, true);
    stage.policy = readFileSync(stage.alliance.facts.policy, 'utf8');
    stage.keys = Object.fromEntries(
      ['ev', 'metro', 'shop', 'verico', 'wallet'].map((name) => [name, stage.alliance.key(name)]),
    );
    stage.holder = { key: Key.fresh(), account: hex(16) };
    stage.applied = []; // ids of commands, for their receipts
    return stage;
  }

  async end() {
    await stopProgram(this.prism);
    await this.alliance.stop();
  }

  expect(reply, status, code, what) {
    if (reply.status !== status || (code && reply.json?.code !== code)) {
      const said = `gave ${reply.status} ${reply.text.slice(0, 300)}`;
      this.complaints.add(what, `${said}, not ${status} ${code ?? ''}`);
    }
    return reply;
  }

  async get(path, { caller = this.proxy, status = 200, code, ...options } = {}) {
    return this.expect(await caller.ask('GET', path, options), status, code, `GET ${path}`);
  }

  // A field of the first object of a list.
  async first(path, name, options) {
    return (await this.get(`${path}?limit=2`, options)).json.data[0]?.[name];
  }

  async post(path, body, { caller = this.proxy, status = 200, code, ...options } = {}) {
    const reply = await caller.ask('POST', path, { body, ...options });
    return this.expect(reply, status, code, `POST ${path}`);
  }

  // Sends a command, and expects a status and a code; what else is given changes the payload.
  async send(path, type, body, keys, { status = 201, code, ...changes } = {}) {
    const payload = this.alliance.payload(type, body, changes);
    const envelope = this.alliance.envelope(payload, keys);
    const reply = await this.proxy.ask('POST', path, { body: envelope });
    this.expect(reply, status, code, `${type} at ${path}`);
    const { id } = JSON.parse(payload);
    if (reply.status < 300) {
      for (const fault of this.oracle.validate(
        '/components/schemas/Command',
        JSON.parse(payload),
      )) {
        this.complaints.add(`${type}, which the node has taken`, fault);
      }
    }
    if (reply.status < 300 && !reply.json?.simulated) {
      this.applied.push(id);
    }
    return { ...reply, id, payload, envelope };
  }

  refuse(path, type, body, keys, status, code, changes = {}) {
    return this.send(path, type, body, keys, { status, code, ...changes });
  }

  grant(scope, notAfter) {
    return this.alliance.grant(this.holder.account, this.holder.key, scope, notAfter);
  }
}
