import { expect, test } from 'vitest'
import { Warnings } from '../../../runtime/apiserver/http/warnings.ts'

function headerOf(...texts: string[]): string | undefined {
  const warnings = new Warnings()
  for (const text of texts) warnings.add(text)
  return warnings.header
}

test('Warnings are one header, each text once, quotes escaped', () => {
  expect(headerOf('a "b" \\', 'c', 'a "b" \\')).toBe('299 - "a \\"b\\" \\\\", 299 - "c"')
})

test('A warning that is empty or has control characters is none', () => {
  expect(headerOf('', 'a\nb', 'c\u0000')).toBeUndefined()
})

test('Warnings of more than 4,096 characters are cut to 256 each, and what is beyond is left out', () => {
  const whole = Array.from({ length: 2 }, (_, i) => `${i}${'x'.repeat(2000)}`)
  expect(headerOf(...whole)).toBe(whole.map((text) => `299 - "${text}"`).join(', '))
  const many = Array.from({ length: 30 }, (_, i) => `${String(i).padStart(2, '0')}${'ü'.repeat(300)}`)
  const cut = Buffer.from(headerOf(...many) as string, 'latin1').toString()
  expect(cut.split(', ')).toEqual(many.slice(0, 16).map((text) => `299 - "${text.slice(0, 256)}"`))
})
