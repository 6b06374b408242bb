// verify.mjs FOLDER: holds badge.jwt and status.jwt of FOLDER against jose and the status list of Digital Bazaar; says how
// they are made, and whether the badge is revoked.
import { readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { importJWK, jwtVerify } from 'jose'
import { decodeList } from '@digitalbazaar/vc-bitstring-status-list'

const [folder, email] = process.argv.slice(2)
const profile = JSON.parse(readFileSync(`${folder}/issuer.json`, 'utf8'))
const method = profile.verificationMethod[0]
const key = await importJWK(method.publicKeyJwk, 'EdDSA')
const read = name => jwtVerify(readFileSync(`${folder}/${name}.jwt`, 'utf8').trim(), key, { issuer: profile.id, algorithms: ['EdDSA'] })
const badge = await read('badge'), status = await read('status')
const vc = badge.payload, entry = vc.credentialStatus, achievement = vc.credentialSubject.achievement
const identity = vc.credentialSubject.identifier?.[0]
const list = await decodeList({ encodedList: status.payload.credentialSubject.encodedList })
const hash = identity && createHash('sha256').update(email + identity.salt).digest('hex')
const must = {
    context: vc['@context'][0] === 'https://www.w3.org/ns/credentials/v2' && /\/ob\/v3p0\/context-3/.test(vc['@context'][1]),
    type: vc.type.includes('VerifiableCredential') && vc.type.includes('OpenBadgeCredential'),
    issuer: vc.issuer.id === profile.id && vc.issuer.type.includes('Profile'),
    kid: badge.protectedHeader.kid === method.id && badge.protectedHeader.typ === 'JWT',
    validFrom: /^\d{4}-\d{2}-01T00:00:00Z$/.test(vc.validFrom),
    achievement: achievement.type.includes('Achievement') && achievement.id && achievement.criteria.narrative && achievement.inLanguage === 'en',
    identity: identity === undefined || (identity.hashed && identity.identityHash === `sha256$${hash}`),
    status: entry.type === 'BitstringStatusListEntry' && entry.statusListCredential === status.payload.id && list.length === 131072,
}
const wrong = Object.keys(must).filter(k => !must[k])
console.log(wrong.length ? `wrong: ${wrong}` : `${achievement.name}, ${vc.issuer.name}, ${list.getStatus(Number(entry.statusListIndex)) ? 'revoked' : 'valid'}`)
