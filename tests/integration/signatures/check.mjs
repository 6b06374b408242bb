// check.mjs FOLDER PORT WAYPOST: the providers' own packages (installed in FOLDER) against a running
// gateway on 127.0.0.1:PORT, whose channels are those of signatures.sh, and against what
// `WAYPOST channel sign` computes. Prints "ok WORDS" or "not ok WORDS" for each kind of request, and
// at the end how many phones were let in.
import { createRequire } from 'node:module';
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import http from 'node:http';

const [folder, port, waypost] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const twilio = require('twilio');
const Vonage = require('@vonage/server-sdk');
const plivo = require('plivo');
const messagebird = require('messagebird/lib/webhook-signature-jwt');
const { SignJWT } = createRequire(`${folder}/node_modules/messagebird/`)('jose');
const { TelnyxWebhook } = require('telnyx/lib/webhooks');

export const PUBLIC = 'https://learn.example.org';
const KEY = 'key-of-the-test';
const SAMPLES = 40; // of each kind that is made by chance

// ---- requests ----

let nPhones = 0;
const phonesLetIn = new Set();
const phone = () => `+2547${String(++nPhones).padStart(8, '0')}`;

const PIECES = ['JOIN', 'a b', 'é', 'مرحبا', '😀', '+', '&', '=', '%', '"', "'", '~', '*', '!', '(', '/', '\n', ''];
let seed = 1;
const chance = (n) => (seed = (seed * 48271) % 2147483647) % n;
const words = () => Array.from({ length: 1 + chance(4) }, () => PIECES[chance(PIECES.length)]).join('');

const encode = (pairs) => new URLSearchParams(pairs).toString();

// request: {method, path, headers, body, from}. Resolves to true when it is not refused as a stranger's.
function isLetIn(request) {
  return new Promise((resolve, reject) => {
    const { method, path, headers, body } = request;
    const length = Buffer.byteLength(body ?? '');
    const call = http.request({ host: '127.0.0.1', port, method, path, headers: { ...headers, 'Content-Length': length } });
    call.on('response', (response) => {
      response.resume();
      response.on('end', () => {
        const isIn = ![401, 403].includes(response.statusCode);
        if (isIn && response.statusCode === 200) phonesLetIn.add(request.from);
        resolve(isIn);
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}

// What we would have signed it with.
function ours(profile, request, settings) {
  const head = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const set = Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
  const input = `${request.method} ${request.path} HTTP/1.1\r\n${head}\r\n${request.body ?? ''}`;
  const run = spawnSync(waypost, ['channel', 'sign', profile, ...set], { input, encoding: 'utf8' });
  return run.stdout.trim();
}

// ---- what is said ----

function say(title, failures) {
  console.log(`${failures.length === 0 ? 'ok' : 'not ok'} ${title}`);
  for (const failure of failures.slice(0, 3)) console.error(`${title}: ${failure}`);
}

// make() gives {request, isGood}; the gateway must agree with isGood for each.
async function agree(title, n, make) {
  const failures = [];
  for (let i = 0; i < n; i++) {
    const { request, isGood } = await make(i);
    if ((await isLetIn(request)) !== isGood)
      failures.push(`${isGood ? 'refused' : 'let in'}: ${request.method} ${request.path} ${request.body ?? ''}`);
  }
  say(title, failures);
}

async function accepts(title, n, make) {
  const failures = [];
  for (let i = 0; i < n; i++) {
    const [isAccepted, words] = await make(i);
    if (!isAccepted) failures.push(words);
  }
  say(title, failures);
}

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const flip = (text) => (text[0] === 'A' ? 'B' : 'A') + text.slice(1);

// ---- Twilio ----

function twilioRequest() {
  const from = phone();
  const params = { From: from, To: '20880', Body: words(), MessageSid: `SM${nPhones}`, Empty: '', [`x${words()}`]: words() };
  if (chance(2)) params.Twice = [words(), words()];
  const pairs = Object.entries(params).flatMap(([k, v]) => (Array.isArray(v) ? v.map((one) => [k, one]) : [[k, v]]));
  const path = `/in/twilio${chance(2) ? `?q=${encodeURIComponent(words())}` : ''}`;
  return { params, request: { method: 'POST', path, headers: { ...FORM }, body: encode(pairs), from } };
}

async function checkTwilio() {
  const header = 'X-Twilio-Signature';
  await agree('twilio signs, we let in', SAMPLES, () => {
    const { params, request } = twilioRequest();
    request.headers[header] = twilio.getExpectedTwilioSignature(KEY, PUBLIC + request.path, params);
    return { request, isGood: true };
  });
  await accepts('we sign, twilio validates', SAMPLES, () => {
    const { params, request } = twilioRequest();
    const signature = ours('twilio', request, { token: KEY, public_url: PUBLIC });
    return [twilio.validateRequest(KEY, signature, PUBLIC + request.path, params), request.body];
  });
  await agree('another body, address, key or signature: twilio refuses, so do we', 5, (i) => {
    const { params, request } = twilioRequest();
    const good = twilio.getExpectedTwilioSignature(KEY, PUBLIC + request.path, params);
    const signature = [good, good, twilio.getExpectedTwilioSignature('other', PUBLIC + request.path, params), flip(good), ''][i];
    if (i === 0) request.body += '&Body=more';
    if (i === 1) request.path += request.path.includes('?') ? '&x=1' : '?x=1';
    if (i !== 4) request.headers[header] = signature;
    const signed = Object.fromEntries(new URLSearchParams(request.body));
    return { request, isGood: twilio.validateRequest(KEY, signature, PUBLIC + request.path, i === 0 ? signed : params) };
  });
  await agree('a JSON body is held to its hash', 3, (i) => {
    const from = phone();
    const body = JSON.stringify({ From: from, To: '20880', Body: 'JOIN' });
    const path = `/in/twilio?bodySHA256=${twilio.getExpectedBodyHash(i === 1 ? `${body} ` : body)}`;
    const signature = twilio.getExpectedTwilioSignature(i === 2 ? 'other' : KEY, PUBLIC + path, {});
    const request = { method: 'POST', path, headers: { 'Content-Type': 'application/json', [header]: signature }, body, from };
    return { request, isGood: twilio.validateRequestWithBody(KEY, signature, PUBLIC + path, body) };
  });
}

// ---- Vonage ----

function vonageRequest(method, i) {
  const from = phone();
  const params = {
    msisdn: from.slice(1), to: '20880', text: words(), messageId: `V${nPhones}`, keyword: words(),
    'message-timestamp': '2026-01-01 00:00:00', timestamp: String(Math.floor(Date.now() / 1000)), nonce: crypto.randomUUID(),
  };
  const query = (sig) => encode({ ...params, sig });
  const build = (sig) => (i % 2
    ? { method: 'POST', path: `/in/vonage-${method}`, headers: { ...FORM }, body: query(sig), from }
    : { method: 'GET', path: `/in/vonage-${method}?${query(sig)}`, headers: {}, from });
  return { params, build };
}

async function checkVonage() {
  for (const method of ['md5hash', 'md5', 'sha1', 'sha256', 'sha512']) {
    await agree(`vonage signs with ${method}, we let in`, SAMPLES / 2, (i) => {
      const { params, build } = vonageRequest(method, i);
      return { request: build(Vonage.generateSignature(method, KEY, params)), isGood: true };
    });
    await accepts(`we sign with ${method} as vonage does`, 8, (i) => {
      const { params, build } = vonageRequest(method, i);
      const request = build('');
      const signature = ours('vonage', request, { secret: KEY, method });
      return [signature === Vonage.generateSignature(method, KEY, params), `${signature} ${request.path}`];
    });
    await agree(`${method}: another text, key or method, or an hour ago, is refused`, 4, (i) => {
      const { params, build } = vonageRequest(method, 1);
      if (i === 3) params.timestamp = String(Math.floor(Date.now() / 1000) - 3600);
      const other = method === 'sha1' ? 'sha256' : 'sha1';
      const signature = Vonage.generateSignature(i === 2 ? other : method, i === 1 ? 'other' : KEY, params);
      if (i === 0) params.text += '.';
      return { request: build(signature), isGood: false };
    });
  }
}

// ---- Plivo: its package only validates ----

function plivoRequest(version) {
  const from = phone();
  const params = { From: from.slice(1), To: '20880', Text: words(), MessageUUID: crypto.randomUUID(), Type: 'sms' };
  const nonce = String(10 ** 15 + chance(10 ** 9));
  const headers = { ...FORM, [`X-Plivo-Signature-${version}-Nonce`]: nonce, [`X-Plivo-Signature-${version}`]: '' };
  return { params, nonce, request: { method: 'POST', path: '/in/plivo', headers, body: encode(params), from } };
}

async function checkPlivo() {
  const validate = {
    V2: (r, nonce, signature) => plivo.validateSignature(PUBLIC + r.path, nonce, signature, KEY),
    V3: (r, nonce, signature, params) => plivo.validateV3Signature('POST', PUBLIC + r.path, nonce, KEY, signature, params),
  };
  for (const version of ['V2', 'V3']) {
    const name = `X-Plivo-Signature-${version}`;
    await agree(`we sign as plivo ${version}, plivo validates, we let in`, SAMPLES, () => {
      const { params, nonce, request } = plivoRequest(version);
      request.headers[name] = ours('plivo', { ...request, headers: { ...request.headers, [name]: 'x' } }, { token: KEY, public_url: PUBLIC });
      const isGood = validate[version](request, nonce, request.headers[name], params);
      return { request, isGood: isGood || 'plivo refuses what we compute' };
    });
    await agree(`plivo ${version}: another nonce, key or signature is refused`, 4, (i) => {
      const { params, nonce, request } = plivoRequest(version);
      const token = i === 1 ? 'other' : KEY;
      const good = ours('plivo', { ...request, headers: { ...request.headers, [name]: 'x' } }, { token, public_url: PUBLIC });
      request.headers[name] = [good, good, flip(good), `${flip(good)}, ${good}`][i];
      const used = i === 0 ? `${nonce}1` : nonce;
      request.headers[`${name}-Nonce`] = used;
      // Several signatures in one header are how Plivo changes keys; the package's V2 does not know that.
      const isGood = i === 3 || validate[version](request, used, request.headers[name], params);
      return { request, isGood };
    });
  }
}

// ---- MessageBird: JWT, which its package only verifies ----

async function messagebirdRequest(i) {
  const from = phone();
  const now = Math.floor(Date.now() / 1000);
  const path = '/in/messagebird?reference=1';
  const body = encode({ originator: from.slice(1), recipient: '20880', body: words(), id: `M${nPhones}` });
  const sha256 = (text) => crypto.createHash('sha256').update(text).digest('hex');
  const claims = { iss: 'MessageBird', jti: crypto.randomUUID(), nbf: now, exp: now + 60, url_hash: sha256(PUBLIC + path), payload_hash: sha256(body) };
  if (i === 1) claims.url_hash = sha256(`${PUBLIC}${path}&x=1`);
  if (i === 2) claims.payload_hash = sha256(`${body}.`);
  if (i === 3) delete claims.payload_hash;
  if (i === 4) delete claims.url_hash;
  if (i === 5) claims.exp = now - 3600;
  if (i === 6) claims.nbf = now + 3600;
  const key = Buffer.from(i === 7 ? 'other' : KEY);
  let token = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(key);
  if (i === 8) token = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`;
  if (i === 9) token = token.replace(/.$/, (c) => (c === 'A' ? 'Q' : 'A'));
  const request = { method: 'POST', path, headers: { ...FORM, 'MessageBird-Signature-JWT': token }, body, from };
  const isGood = await messagebird.verify(PUBLIC + path, Buffer.from(body), token, crypto.createSecretKey(Buffer.from(KEY))).then(() => true, () => false);
  return { request, isGood };
}

async function checkMessagebird() {
  await agree('what messagebird verifies we let in', SAMPLES, () => messagebirdRequest(0));
  await agree('nine tokens that messagebird refuses we refuse', 9, (i) => messagebirdRequest(i + 1));
}

// ---- Telnyx: Ed25519 ----

async function checkTelnyx() {
  const pem = crypto.createPrivateKey({ key: Buffer.from(process.env.TELNYX_KEY, 'base64'), format: 'der', type: 'pkcs8' });
  const publicKey = crypto.createPublicKey(pem).export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
  const make = async (i) => {
    const from = phone();
    const now = Math.floor(Date.now() / 1000) - (i === 3 ? 900 : 0);
    const event = { data: { event_type: 'message.received', id: crypto.randomUUID(), payload: {
      id: crypto.randomUUID(), direction: 'inbound', from: { phone_number: from }, to: [{ phone_number: '+254700020880' }], text: words() } } };
    let body = JSON.stringify(event);
    let signature = crypto.sign(null, Buffer.from(`${now}|${body}`), pem).toString('base64');
    if (i === 1) body = body.replace('inbound', 'inbound ');
    if (i === 4) signature = flip(signature);
    if (i === 5) signature = signature.slice(4);
    const headers = { 'Content-Type': 'application/json', 'telnyx-timestamp': String(now + (i === 2 ? 1 : 0)), 'telnyx-signature-ed25519': signature };
    const isGood = await new TelnyxWebhook(publicKey).verify(body, headers).then(() => true, () => false);
    return { request: { method: 'POST', path: '/in/telnyx', headers, body, from }, isGood };
  };
  await agree('what telnyx verifies we let in', SAMPLES, () => make(0));
  await agree('five that telnyx refuses we refuse', 5, (i) => make(i + 1));
}

await checkTwilio();
await checkVonage();
await checkPlivo();
await checkMessagebird();
await checkTelnyx();
console.log(`phones ${phonesLetIn.size}`);
