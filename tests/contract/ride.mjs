#!/usr/bin/env node
// The metro reports one ride of an account; prints the batch, which waits for a verifier.
//     ride.mjs DEMO_FOLDER ACCOUNT METRES
import { Alliance } from './alliance.mjs';

const [folder, account, metres] = process.argv.slice(2);
const alliance = new Alliance(folder);
const [header, record] = await alliance.ride(account, Number(metres));
const envelope = alliance.envelope(alliance.payload('activity.submit', header), [
  alliance.key('metro'),
]);
const reply = await fetch(`${alliance.url}/v1/activities`, {
  method: 'POST',
  headers: { 'Content-Type': 'application/x-ndjson' },
  body: `${envelope}\n${record}\n`,
});
const outcome = await reply.json();
if (!reply.ok) {
  throw new Error(`${outcome.code}: ${outcome.detail}`);
}
console.log(outcome.command);
