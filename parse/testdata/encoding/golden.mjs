// Fills in the results of golden.txt, by a decoder that is not trawl's: see README.
//
//	npm install @exodus/bytes@1.16.0 && node golden.mjs golden.txt >new && mv new golden.txt
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { TextDecoder } from '@exodus/bytes/encoding.js'

// setsOf reads "00-7F,80,FF", a set of bytes, or "00-7F,80,FFx3", three of it.
function setsOf(word) {
  const [ranges, times = 1] = word.split('x')
  const set = ranges.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map((hex) => parseInt(hex, 16))
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
  return Array(Number(times)).fill(set)
}

// inputsOf gives one string of bytes for each choice of a byte of each set, in
// order.
function* inputsOf(sets, input = [], at = 0) {
  if (at === sets.length) {
    yield Uint8Array.from(input)
    return
  }
  for (const byte of sets[at]) {
    input[at] = byte
    yield* inputsOf(sets, input, at + 1)
  }
}

// decoderOf makes the replacement encoding's too, which TextDecoder refuses.
function decoderOf(name) {
  if (name === 'replacement') return (input) => (input.length > 0 ? '\uFFFD' : '')
  const decoder = new TextDecoder(name, { ignoreBOM: true })
  return (input) => decoder.decode(input)
}

for (const line of readFileSync(process.argv[2], 'utf8').trimEnd().split('\n')) {
  if (line.startsWith('#')) {
    console.log(line)
    continue
  }
  const [name, ...words] = line.split(' = ')[0].split(' ')
  const decode = decoderOf(name)
  const digest = createHash('sha256')
  let characters = 0
  for (const input of inputsOf(words.flatMap(setsOf))) {
    const text = decode(input)
    characters += [...text].length
    digest.update(text).update(Uint8Array.of(0xff))
  }
  console.log(`${name} ${words.join(' ')} = ${characters} ${digest.digest('hex').slice(0, 16)}`)
}
