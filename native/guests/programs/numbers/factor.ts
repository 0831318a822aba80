/** factor: prime factors, by small divisors, Miller-Rabin and Pollard's rho. */
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"

const power = (base: bigint, exponent: bigint, modulus: bigint): bigint => {
  let result = 1n
  let square = base % modulus
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = result * square % modulus
    square = square * square % modulus
  }
  return result
}

const witnesses = [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n, 41n]

const isPrime = (value: bigint): boolean => {
  if (value < 2n) return false
  for (const prime of witnesses) if (value % prime === 0n) return value === prime
  let odd = value - 1n
  let twos = 0
  while ((odd & 1n) === 0n) {
    odd >>= 1n
    twos++
  }
  return witnesses.every((witness) => {
    let x = power(witness, odd, value)
    if (x === 1n || x === value - 1n) return true
    for (let count = 1; count < twos; count++) {
      x = x * x % value
      if (x === value - 1n) return true
    }
    return false
  })
}

const gcd = (a: bigint, b: bigint): bigint => {
  let [x, y] = [a, b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}

/** A proper divisor of a composite number. */
const divisor = async (context: ProgramContext, value: bigint): Promise<bigint> => {
  for (let shift = 1n;; shift++) {
    const step = (x: bigint) => (x * x + shift) % value
    let slow = 2n
    let fast = 2n
    for (;;) {
      let product = 1n
      for (let count = 0; count < 64; count++) {
        slow = step(slow)
        fast = step(step(fast))
        const difference = slow > fast ? slow - fast : fast - slow
        if (difference === 0n) break
        product = product * difference % value
        if (product === 0n) break
      }
      const tick = context.tick()
      if (tick !== undefined) await tick
      const found = gcd(product === 0n ? value : product, value)
      if (found !== 1n && found !== value) return found
      if (found === value || slow === fast) break
    }
    // The batch went past it: again, one at a time.
    slow = 2n
    fast = 2n
    for (;;) {
      slow = step(slow)
      fast = step(step(fast))
      const found = gcd(slow > fast ? slow - fast : fast - slow, value)
      if (found === value) break
      if (found !== 1n) return found
      const tick = context.tick()
      if (tick !== undefined) await tick
    }
  }
}

const factors = async (context: ProgramContext, value: bigint): Promise<Array<bigint>> => {
  const found: Array<bigint> = []
  let left = value
  for (let prime = 2n; prime < 2_000n && prime * prime <= left; prime += prime === 2n ? 1n : 2n) {
    while (left % prime === 0n) {
      found.push(prime)
      left /= prime
    }
  }
  const pending = left > 1n ? [left] : []
  while (pending.length > 0) {
    const next = pending.pop()!
    if (isPrime(next)) found.push(next)
    else {
      const part = await divisor(context, next)
      pending.push(part, next / part)
    }
  }
  return found.sort((a, b) => a < b ? -1 : a > b ? 1 : 0)
}

export const factor: Program = async (context) => {
  const line = parseOptions(context, { short: "" })
  let status = 0
  const one = async (text: string) => {
    if (!/^\+?\d{1,300}$/.test(text)) {
      await context.complain(`${context.quote(text)} is not a valid positive integer`)
      status = 1
      return
    }
    const value = BigInt(text.replace("+", ""))
    const found = (await factors(context, value)).map(String)
    await context.stdout.line([`${value}:`, ...found].join(" "))
  }
  for (const operand of line.operands) await one(operand)
  if (line.operands.length > 0) return status
  const lines = context.stdin.lines()
  for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) {
    for (const text of batch) for (const word of text.split(/\s+/)) if (word !== "") await one(word)
  }
  return status
}
