// A demo alliance on this machine, its keys, and commands signed by its members and holders.
import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  sign,
} from 'node:crypto';
import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export const commandType = 'application/vnd.tanji.command+json';
const grantType = 'application/vnd.tanji.read-grant+json';
const readyWaitMs = 120_000;

export const hex = (bytes) => randomBytes(bytes).toString('hex');
export const sha256 = (...parts) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

export function pae(type, payload) {
  return Buffer.from(`DSSEv1 ${type.length} ${type} ${Buffer.byteLength(payload)} ${payload}`);
}

export class Key {
  constructor(pem) {
    this.secret = createPrivateKey(pem);
    this.public = createPublicKey(this.secret)
      .export({ format: 'der', type: 'spki' })
      .subarray(-32);
    this.id = sha256('tanji/key@v1\n', Buffer.of(1), this.public).subarray(0, 16).toString('hex');
  }

  static fresh() {
    const head = Buffer.from('302e020100300506032b657004220420', 'hex');
    const der = Buffer.concat([head, randomBytes(32)]).toString('base64');
    return new Key(`-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`);
  }

  sign(type, payload) {
    return sign(null, pae(type, payload), this.secret);
  }
}

// A base port with two free ones after it.
async function freePort() {
  const isFree = (port) =>
    new Promise((resolve) => {
      const server = createServer()
        .once('error', () => resolve(false))
        .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    const found = await Promise.all([0, 1, 2].map((offset) => isFree(port + offset)));
    if (found.every(Boolean)) {
      return port;
    }
  }
}

// Runs a program until `isReady`, with its output in a file.
export async function startProgram(words, logFile, isReady) {
  const log = openSync(logFile, 'w');
  const child = spawn(words[0], words.slice(1), { stdio: ['ignore', log, log] });
  const deadline = Date.now() + readyWaitMs;
  while (!(await isReady())) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill();
      throw new Error(`${words[0]} does not start:\n${readFileSync(logFile, 'utf8')}`);
    }
    await sleep(50);
  }
  return child;
}

export async function stopProgram(child) {
  if (child.exitCode === null) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
}

export class Alliance {
  static async start(programs, folder) {
    const demo = `${folder}/demo`;
    const port = await freePort();
    const node = await startProgram(
      [`${programs}/tanjid`, 'demo', '--keep', demo, '--no-input', '--port', `${port}`],
      `${folder}/demo.log`,
      () => existsSync(`${demo}/demo.json`),
    );
    await sleep(200);
    return Object.assign(new Alliance(demo), { node, port });
  }

  // The folder of a demo that runs.
  constructor(folder) {
    this.folder = folder;
    this.facts = JSON.parse(readFileSync(`${folder}/demo.json`, 'utf8'));
    this.url = this.facts.api;
  }

  stop() {
    return stopProgram(this.node);
  }

  key(name) {
    return new Key(readFileSync(`${this.folder}/keys/${name}.key`));
  }

  token(member) {
    return readFileSync(`${this.folder}/keys/${member}.token`, 'utf8').trim();
  }

  // The text that is signed. `changes` replaces fields of it.
  payload(type, body, changes = {}) {
    return JSON.stringify({
      type,
      v: 1,
      ledger: this.facts.ledger,
      id: hex(16),
      not_after: Date.now() + 600_000,
      salt: hex(16),
      body,
      ...changes,
    });
  }

  envelope(payload, keys) {
    return JSON.stringify({
      payloadType: commandType,
      payload: Buffer.from(payload).toString('base64'),
      signatures: keys.map((key) => ({
        keyid: key.id,
        sig: key.sign(commandType, payload).toString('base64'),
      })),
    });
  }

  detachedSignature(payload, keys) {
    return keys
      .map((key) => `keyid=${key.id}; sig=${key.sign(commandType, payload).toString('base64')}`)
      .join(', ');
  }

  grant(account, key, scope = ['account', 'history', 'records'], notAfter = Date.now() + 600_000) {
    const payload = JSON.stringify({
      ledger: this.facts.ledger,
      account,
      scope,
      not_after: notAfter,
    });
    const signature = key.sign(grantType, payload).toString('base64url');
    return `tg1.${Buffer.from(payload).toString('base64url')}.${key.id}.${signature}`;
  }

  // Body of an offer of the shop, open for a day.
  offer(name, price, stock, changes = {}) {
    const now = Date.now();
    return {
      offer: `shop.${name}`,
      title: { zh: '合成', en: 'SYNTHETIC' },
      programme: 'green-points',
      price: `${price}`,
      stock: stock === null ? null : `${stock}`,
      opens_at: now - 60_000,
      closes_at: now + 86_400_000,
      limit: null,
      cooldown_s: 0,
      quantity_max: 100,
      hold_s_max: 86_400,
      refund_days: 14,
      terms: hex(32),
      ...changes,
    };
  }

  // One metro ride as the operator reports it: [body of activity.submit, canonical record].
  async ride(account, metres, text = hex(8)) {
    const end = Math.floor(Date.now() / 1000) - 60;
    const year = new Date((end + 8 * 3600) * 1000).getUTCFullYear();
    const eventKey = readFileSync(`${this.folder}/keys/event-${year}.hex`, 'utf8').trim();
    const tag = createHmac('sha256', Buffer.from(eventKey, 'hex'))
      .update(`tanji/nullifier@v1\nmetro.exit\nSYNTHETIC/${text}`)
      .digest('hex');
    const record = JSON.stringify({
      record: 1,
      account,
      source: 'event',
      tag,
      start: end - 1200,
      end,
      region: '440305',
      quality: 'A',
      inputs: [`${metres}`],
      keys: [],
      readings: null,
      evidence: null,
      salt: hex(16),
    });
    const digestOf = async (path) =>
      (await fetch(`${this.url}${path}`)).headers.get('tanji-digest');
    const sets = await (await fetch(`${this.url}/v1/factors`)).json();
    const factors = sets.data.at(-1).ref;
    const body = {
      provider: 'metro',
      scheme: 'sz-ph',
      methodology: 'metro-shenzhen@1',
      methodology_digest: await digestOf('/v1/methodologies/metro-shenzhen@1'),
      factors,
      factors_digest: await digestOf(`/v1/factors/${factors}`),
      programme: 'green-points',
      rank: 'operator',
      region: '440300',
      period_start: end - 1200,
      period_end: end,
      count: 1,
      inputs: [{ name: 'distance_m', sum: `${metres}` }],
      reduction_ug: `${metres * 46_700}`,
      records_root: sha256(Buffer.of(0), record).toString('hex'),
      evidence_count: 0,
      evidence_root: sha256('').toString('hex'),
      corrects: null,
    };
    return [body, record];
  }

  attestation(batch) {
    return {
      batch,
      verdict: 'accept',
      except: [],
      level: 'limited',
      sampled: 1,
      report: hex(32),
      reason: null,
    };
  }
}
