import { assert, describe, it } from "@effect/vitest"
import type { CloseCause } from "../../src/wire/Connection.ts"
import type { Exchange } from "../../src/wire/Exchange.ts"
import { WireFailure } from "../../src/wire/Failure.ts"
import { header, Kind } from "../../src/wire/Frame.ts"
import { pump } from "../../src/wire/Stream.ts"
import type { PairOptions } from "./pair.ts"
import { kindsOf, Pair, random, until } from "./pair.ts"

const nothing = new Uint8Array(0)
const text = (value: string) => new TextEncoder().encode(value)
const string = (bytes: Uint8Array) => Buffer.from(bytes).toString()

/** What the other end of most tests does, by operation. */
const Echo = 1
const Down = 2
const Up = 3
const Silent = 4
const Both = 5
const Fail = 6

const pieces = (bytes: number, size: number) => () => {
  const piece = new Uint8Array(Math.min(bytes, size)).fill(7)
  bytes -= piece.length
  return piece.length === 0 ? undefined : piece
}

const serve =
  (seen: { cancelled: number } = { cancelled: 0 }): NonNullable<PairOptions["onRequest"]> =>
  (exchange, operation, body) => {
    exchange.handlers.onCancel = () => void seen.cancelled++
    switch (operation) {
      case Echo:
        return exchange.respond(body)
      case Fail:
        return exchange.fail(new WireFailure("kernel", "", "ENOENT", "open", "/x"))
      case Down:
        return pump(exchange, pieces(Number(string(body)), 50_000), () => exchange.respond(text("done")))
      case Up: {
        let bytes = 0
        return exchange.listen((chunk) => {
          bytes += chunk.length
          exchange.grant(chunk.length)
        }, () => exchange.respond(text(String(bytes))))
      }
      case Both: {
        // each chunk back as it came; the sum of both directions is bounded by the slower one
        const waiting: Array<Uint8Array> = []
        let ended = false
        let finished = false
        const flush = () => {
          while (waiting.length > 0 && exchange.writable >= waiting[0].length) {
            const chunk = waiting.shift()!
            exchange.write(chunk)
            exchange.grant(chunk.length)
          }
          if (ended && waiting.length === 0 && !finished) {
            finished = true
            exchange.respond(text("both"))
          }
        }
        exchange.handlers.onWritable = flush
        return exchange.listen((chunk) => {
          waiting.push(chunk.slice())
          flush()
        }, () => {
          ended = true
          flush()
        })
      }
    }
  }

const calling = (pair: Pair, operation: number, body: Uint8Array = nothing, bytes = 0) =>
  new Promise<{ readonly answer: string; readonly down: number; readonly exchange: Exchange }>((resolve, reject) => {
    let down = 0
    const exchange = pair.host.request(operation, body, {
      onChunk: (chunk) => {
        down += chunk.length
        // a reader that takes its time
        setImmediate(() => exchange.grant(chunk.length))
      },
      onResponse: (answer) => resolve({ answer: string(answer), down, exchange }),
      onFailure: reject
    })
    if (bytes > 0) pump(exchange, pieces(bytes, 30_000), () => exchange.end())
  })

/** Ends the pair and looks into its maps. */
const left = (pair: Pair): number => {
  pair.host.goaway("Closed", "over")
  return pair.host.open + pair.sidecar.open
}

describe("Connection", () => {
  it("requests, failures and streams both ways, whatever the cuts and delays", async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const pair = new Pair({ seed, onRequest: serve() })
      const echo = await Promise.all(Array.from({ length: 40 }, (_, i) => calling(pair, Echo, text(`m${i}`))))
      assert.deepStrictEqual(echo.map((got) => got.answer), Array.from({ length: 40 }, (_, i) => `m${i}`))
      const [down, up, both, failure] = await Promise.all([
        calling(pair, Down, text("2000000")),
        calling(pair, Up, nothing, 2_000_000),
        calling(pair, Both, nothing, 1_500_000),
        calling(pair, Fail).catch((error: unknown) => error)
      ])
      assert.deepStrictEqual([down.answer, down.down], ["done", 2_000_000])
      assert.deepStrictEqual([up.answer, both.answer, both.down], ["2000000", "both", 1_500_000])
      assert.deepStrictEqual(failure, new WireFailure("kernel", "", "ENOENT", "open", "/x"))
      assert.strictEqual(pair.host.open + pair.sidecar.open, 0, "every exchange is over")
      assert.strictEqual(left(pair), 0)
    }
  })

  it("a stream that comes before anybody hears it is kept, within its credit", async () => {
    const held: Array<Exchange> = []
    const pair = new Pair({ onRequest: (exchange) => void held.push(exchange) })
    const answer = calling(pair, Up, nothing, 100_000)
    await until(() => held.length === 1 && pair.sent.host.length > 8, "the request")
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    let bytes = 0
    held[0].listen((chunk) => void (bytes += chunk.length), () => held[0].respond(text(String(bytes))))
    assert.strictEqual((await answer).answer, "100000")
  })

  it("either side may ask", async () => {
    const pair = new Pair({
      onHostRequest: (exchange, operation, body) => exchange.respond(text(`${operation} ${string(body)}`))
    })
    const answer = await new Promise<string>((resolve) => {
      pair.sidecar.request(9, text("tool"), { onResponse: (body) => resolve(string(body)) })
    })
    assert.strictEqual(answer, "9 tool")
    assert.strictEqual(left(pair), 0)
  })

  const violations: ReadonlyArray<readonly [name: string, frame: ReadonlyArray<Uint8Array>, detail: RegExp]> = [
    ["an answer to an unknown id", [header(Kind.response, 99, 0)], /answer to request 99, which is not open/],
    ["a failure of garbage", [header(Kind.failure, 1, 2), Uint8Array.of(250, 1)], /none of|body ends/],
    ["a request with an id of ours", [header(Kind.request, 1, 2), Uint8Array.of(1, 0)], /not the other side's to open/],
    ["a request with id 0", [header(Kind.request, 0, 2), Uint8Array.of(1, 0)], /not the other side's to open/],
    ["a request without an operation", [header(Kind.request, 2, 1), Uint8Array.of(1)], /without an operation/],
    ["a cancel of a request of ours", [header(Kind.cancel, 1, 0)], /cancel of request 1/],
    ["an unknown kind", [header(77 as Kind, 1, 0)], /unknown frame kind 77/],
    ["credit of garbage", [header(Kind.credit, 1, 1), Uint8Array.of(1)], /body ends/],
    ["a goaway of garbage", [header(Kind.goaway, 0, 1), Uint8Array.of(99)], /none of/],
    ["a frame too large", [header(Kind.chunk, 1, 2 ** 31)], /frame length/]
  ]
  for (const [name, frame, detail] of violations) {
    it(`${name} ends the connection, and the other side hears why`, async () => {
      const pair = new Pair({ onRequest: () => {} })
      let failure: WireFailure | CloseCause | undefined
      pair.host.request(Silent, nothing, { onFailure: (error) => (failure = error) })
      pair.host.receive(new Uint8Array(Buffer.concat(frame)))
      assert.match(pair.closed.host!.detail, detail)
      assert.strictEqual(failure, pair.closed.host, "what was under way fails with the cause")
      await until(() => pair.closed.sidecar !== undefined, "the goaway")
      assert.deepStrictEqual(pair.closed.sidecar, pair.closed.host)
      assert.strictEqual(pair.host.open + pair.sidecar.open, 0)
      // the dead end takes no more, and says so
      const late = await new Promise((resolve) => pair.host.request(Echo, nothing, { onFailure: resolve }))
      assert.strictEqual(late, pair.closed.host)
      assert.isFalse(pair.host.open > 0)
    })
  }

  it("a second answer ends the connection", async () => {
    const pair = new Pair({ onRequest: serve() })
    const { exchange } = await calling(pair, Echo)
    pair.host.receive(header(Kind.response, exchange.id, 0))
    assert.match(pair.closed.host!.detail, /which is not open/)
  })

  it("chunks beyond their credit, empty ones, and credit beyond the window end the connection", () => {
    const window = 128 * 1024
    const attempt = (frames: (pair: Pair, id: number) => ReadonlyArray<Uint8Array>) => {
      const pair = new Pair({ manual: true, window })
      const { id } = pair.host.request(Silent, nothing, { onChunk: () => {} })
      for (const frame of frames(pair, id)) pair.host.receive(frame)
      return pair.closed.host?.detail
    }
    const chunk = (id: number, bytes: number) =>
      new Uint8Array(Buffer.concat([header(Kind.chunk, id, bytes), new Uint8Array(bytes)]))
    assert.isUndefined(attempt((_, id) => [chunk(id, window)]))
    assert.match(attempt((_, id) => [chunk(id, window), chunk(id, 1)])!, /beyond its credit/)
    assert.match(attempt((_, id) => [chunk(id, 0)])!, /beyond its credit/)
    const credit = (id: number, bytes: number) =>
      new Uint8Array(Buffer.concat([header(Kind.credit, id, 4), new Uint8Array(Uint32Array.of(bytes).buffer)]))
    assert.match(attempt((_, id) => [credit(id, 1)])!, /more credit than its window/)
    assert.match(attempt((_, id) => [credit(id, 2 ** 32 - 1)])!, /more credit than its window/)
    // of an exchange that is over, or never was, a late one is no offence
    assert.isUndefined(attempt(() => [credit(4242, 1), chunk(4242, 10), header(Kind.end, 4242, 0)]))
  })

  it("a cancel that meets its answer on the way hurts nobody", async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const seen = { cancelled: 0 }
      const pair = new Pair({ seed, onRequest: serve(seen) })
      const next = random(seed * 7)
      let heard = 0
      for (let i = 0; i < 60; i++) {
        const operation = next() < 0.5 ? Echo : next() < 0.5 ? Silent : Up
        const exchange = pair.host.request(operation, nothing, {
          onResponse: () => void heard++,
          onFailure: () => void heard++
        })
        if (operation === Up) pump(exchange, pieces(100_000, 5000), () => exchange.end())
        if (next() < 0.3) await new Promise((resolve) => setImmediate(resolve))
        const before = heard
        exchange.cancel()
        exchange.cancel()
        assert.strictEqual(heard, before, "nothing is heard of a cancelled request")
      }
      await until(() => pair.sidecar.open === 0, "every cancel")
      assert.isUndefined(pair.closed.host, pair.closed.host?.detail)
      assert.strictEqual((await calling(pair, Echo, text("alive"))).answer, "alive")
      assert.strictEqual(left(pair), 0)
    }
  })

  it("control frames overtake data, and a cancel never overtakes its request", async () => {
    const pair = new Pair({ manual: true })
    pair.hostFull = true
    pair.host.request(Echo, nothing, {})
    await Promise.resolve()
    // the link is full now: what follows waits
    pair.host.event(1, new Uint8Array(300_000))
    pair.host.event(1, new Uint8Array(300_000))
    const withdrawn = pair.host.request(Silent, nothing, {})
    withdrawn.cancel()
    pair.host.tick(6)
    pair.sent.host.length = 0
    pair.hostFull = false
    pair.host.writable()
    assert.deepStrictEqual(kindsOf(pair.sent.host), [Kind.ping, Kind.event, Kind.event, Kind.request, Kind.cancel])
  })

  it("a goaway goes out although the link is full, and nothing follows it", async () => {
    const pair = new Pair({ manual: true })
    pair.hostFull = true
    pair.host.event(1, text("first"))
    await Promise.resolve()
    pair.host.event(1, text("waits"))
    const exchange = pair.host.request(Silent, nothing, {})
    pair.sent.host.length = 0
    pair.host.goaway("Timeout", "enough")
    exchange.write(text("late"))
    exchange.end()
    exchange.grant(1_000_000)
    exchange.cancel()
    pair.host.event(1, text("late"))
    pair.host.writable()
    await Promise.resolve()
    assert.deepStrictEqual(kindsOf(pair.sent.host), [Kind.goaway])
  })

  it("a silent peer is given up after its number of periods; a ping is answered", async () => {
    const silent = new Pair({ manual: true })
    for (let i = 0; i < 6; i++) silent.host.tick(6)
    assert.isUndefined(silent.closed.host)
    silent.host.tick(6)
    assert.deepStrictEqual(silent.closed.host, { reason: "Timeout", detail: "the other side has gone silent" })
    const alive = new Pair()
    for (let i = 0; i < 20; i++) {
      alive.host.tick(2)
      const sent = alive.sent.sidecar.length
      await until(() => alive.sent.sidecar.length > sent, "a pong")
      for (let j = 0; j < 5; j++) await new Promise((resolve) => setImmediate(resolve))
    }
    assert.isUndefined(alive.closed.host)
  })

  it("the end of the link ends the connection and says whether it was in the middle of a frame", () => {
    const clean = new Pair({ manual: true })
    clean.host.ended("gone")
    assert.deepStrictEqual(clean.closed.host, { reason: "Closed", detail: "gone" })
    const torn = new Pair({ manual: true })
    torn.host.receive(Uint8Array.of(9, 0, 0))
    torn.host.ended("gone")
    assert.match(torn.closed.host!.detail, /gone, in the middle of a frame/)
  })

  it("more exchanges than allowed are refused one by one; the others are served", async () => {
    const max = 16_384
    const held: Array<Exchange> = []
    const pair = new Pair({ maxExchanges: max, onRequest: (exchange) => void held.push(exchange) })
    const outcomes: Array<string> = []
    for (let i = 0; i < max + 3; i++) {
      if (i === max) assert.isFalse(pair.host.admits)
      pair.host.request(Silent, nothing, {
        onResponse: () => void outcomes.push("served"),
        onFailure: (failure) => void outcomes.push(failure.detail)
      })
    }
    await until(() => outcomes.length === 3, "the refusals")
    assert.deepStrictEqual(new Set(outcomes), new Set([`more than ${max} requests are open`]))
    for (const exchange of held) exchange.respond(nothing)
    await until(() => outcomes.length === max + 3, "the answers")
    assert.isTrue(pair.host.admits)
    assert.strictEqual(left(pair), 0)
  })

  it("an answer that does not fit into a frame becomes a failure, and a failure loses its paths", async () => {
    const large = "x".repeat(2 * 1024 * 1024)
    const pair = new Pair({
      onRequest: (exchange, operation) =>
        operation === Echo
          ? exchange.respond(text(large))
          : exchange.fail(new WireFailure("kernel", "", "ENAMETOOLONG", "open", large, large))
    })
    const first = await calling(pair, Echo).catch((error: unknown) => error)
    assert.strictEqual((first as WireFailure).reason, "internal")
    const second = await calling(pair, Fail).catch((error: unknown) => error)
    assert.deepStrictEqual(second, new WireFailure("kernel", "", "ENAMETOOLONG", "open"))
    assert.isUndefined(pair.closed.host)
  })

  it("random bytes end a connection and throw nothing", () => {
    const next = random(42)
    for (let i = 0; i < 300; i++) {
      const pair = new Pair({ manual: true, onRequest: serve() })
      pair.host.request(Silent, nothing, { onChunk: () => {} })
      const bytes = Uint8Array.from({ length: 60 }, () => Math.floor(next() * 256))
      // a plausible length, so that the kinds are reached
      if (i % 2 === 0) bytes.set([9, 0, 0, 0, Math.floor(next() * 13), i % 3, 0, 0, 0])
      pair.host.receive(bytes)
      pair.sidecar.receive(bytes)
      pair.host.ended("over")
      pair.sidecar.ended("over")
      assert.strictEqual(pair.host.open + pair.sidecar.open, 0)
    }
  })
})
