// Keys of Ed25519, and the two texts that a wallet signs with them: commands and read grants.
import { randomBytes } from 'node:crypto';
import nacl from 'tweetnacl';
import { bytes, sha256 } from './receipt.mjs';

const commandType = 'application/vnd.tanji.command+json';
const grantType = 'application/vnd.tanji.read-grant+json';
const validMs = 600_000;
const base64 = (data, alphabet = 'base64') => Buffer.from(data).toString(alphabet);
export const freshId = () => randomBytes(16).toString('hex');

export function keyOf(seed) {
  const { publicKey, secretKey } = nacl.sign.keyPair.fromSeed(seed);
  const id = sha256('tanji/key@v1\n', [1], publicKey).toString('hex', 0, 16);
  const sign = (type, payload) => {
    const head = `DSSEv1 ${type.length} ${type} ${Buffer.byteLength(payload)} `;
    return nacl.sign.detached(Buffer.from(head + payload), secretKey);
  };
  return { id, public: base64(publicKey), sign };
}

export const freshKey = () => keyOf(randomBytes(32));

// Of a PKCS#8 file: the seed is its last 32 bytes.
export const keyOfPem = (pem) => keyOf(bytes(pem.replace(/-----.*-----/g, '')).subarray(-32));

// A command in its envelope, with an id of its own: the same text may be sent again and again.
export function signCommand(ledger, type, body, keys) {
  const [id, salt] = [freshId(), freshId()];
  const command = { type, v: 1, ledger, id, not_after: Date.now() + validMs, salt, body };
  const payload = JSON.stringify(command);
  const signed = (key) => ({ keyid: key.id, sig: base64(key.sign(commandType, payload)) });
  const signatures = keys.map(signed);
  return JSON.stringify({ payloadType: commandType, payload: base64(payload), signatures });
}

// What stands behind `Bearer`.
export function signGrant(ledger, account, scope, key) {
  const grant = JSON.stringify({ ledger, account, scope, not_after: Date.now() + validMs });
  const signature = base64(key.sign(grantType, grant), 'base64url');
  return `tg1.${base64(grant, 'base64url')}.${key.id}.${signature}`;
}
