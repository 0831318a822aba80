/** Where stores may be, and how their objects are addressed and signed. */
import { assert, describe, it } from "@effect/vitest"
import { AwsV4Signer } from "aws4fetch"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import * as Endpoint from "../../../layers/node/s3/Endpoint.ts"
import { refusedBy, signatureOf } from "../../../layers/testing/s3/Signature.ts"
import { S3Config } from "../../../src/config/MountPlugins.ts"

const config = (input: typeof S3Config.Encoded) => Schema.decodeUnknownSync(S3Config)(input)

const urlOf = (input: Omit<typeof S3Config.Encoded, "bucket"> & { bucket?: string }, key: string) =>
  Effect.match(Endpoint.make(config({ bucket: "my-bucket", ...input })), {
    onSuccess: (endpoint) => endpoint.urlOf(key, key === "" ? { prefix: "a b+c", "list-type": "2" } : undefined).href,
    onFailure: ({ message }) => message
  })

describe("addresses", () => {
  const everywhere = "is link-local, where no store is"
  const inside = "is private; set allowPrivateEndpoint if the store is there"
  const table: ReadonlyArray<readonly [address: string, refused: string | undefined]> = [
    ["8.8.8.8", undefined],
    ["52.216.1.1", undefined],
    ["2600:1fa0::1", undefined],
    ["::ffff:8.8.8.8", undefined],
    ["64:ff9b::808:808", undefined],
    ["127.0.0.1", inside],
    ["127.9.9.9", inside],
    ["0.0.0.0", inside],
    ["10.1.2.3", inside],
    ["100.64.0.1", inside],
    ["172.16.0.1", inside],
    ["172.31.255.255", inside],
    ["192.168.1.1", inside],
    ["198.18.0.1", inside],
    ["224.0.0.1", inside],
    ["255.255.255.255", inside],
    ["::", inside],
    ["::1", inside],
    ["fd12::1", inside],
    ["ff02::1", inside],
    ["::ffff:127.0.0.1", inside],
    ["::ffff:7f00:1", inside],
    ["::127.0.0.1", inside],
    ["64:ff9b::a00:1", inside],
    ["2002:c0a8:101::1", inside],
    ["169.254.169.254", everywhere],
    ["fe80::1", everywhere],
    ["fe80::1%eth0", everywhere],
    ["fd00:ec2::254", everywhere],
    ["::ffff:169.254.169.254", everywhere],
    ["64:ff9b::a9fe:a9fe", everywhere],
    ["2002:a9fe:a9fe::", everywhere],
    ["localhost", "is no address"]
  ]
  for (const [address, refused] of table) {
    it(`${address}: ${refused ?? "may be reached"}`, () => {
      assert.strictEqual(Endpoint.refusedAddress(address, false), refused)
      assert.strictEqual(Endpoint.refusedAddress(address, true), refused === inside ? undefined : refused)
    })
  }

  it.effect("of objects", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* Effect.all([
          urlOf({}, "a/b c+ü!'()*&=?#%"),
          urlOf({ region: "eu-central-1", pathStyle: true }, "k"),
          urlOf({ region: "cn-north-1" }, ""),
          urlOf({ bucket: "with.dots" }, "k"),
          urlOf({ endpoint: "https://store.example.com:9000" }, "k"),
          urlOf({ endpoint: "https://store.example.com:9000/", pathStyle: false }, ""),
          urlOf({ endpoint: "http://127.0.0.1:9000", allowPrivateEndpoint: true }, "")
        ]),
        [
          "https://my-bucket.s3.us-east-1.amazonaws.com/a/b%20c%2B%C3%BC%21%27%28%29%2A%26%3D%3F%23%25",
          "https://s3.eu-central-1.amazonaws.com/my-bucket/k",
          "https://my-bucket.s3.cn-north-1.amazonaws.com.cn/?prefix=a%20b%2Bc&list-type=2",
          "https://s3.us-east-1.amazonaws.com/with.dots/k",
          "https://store.example.com:9000/my-bucket/k",
          "https://my-bucket.store.example.com:9000/?prefix=a%20b%2Bc&list-type=2",
          "http://127.0.0.1:9000/my-bucket?prefix=a%20b%2Bc&list-type=2"
        ]
      )
      const refused = (endpoint: string, allowPrivateEndpoint = false) => urlOf({ endpoint, allowPrivateEndpoint }, "k")
      const start = "invalid configuration at plugin.config.endpoint: the address"
      assert.strictEqual(yield* refused("http://127.0.0.1:9000"), `${start} 127.0.0.1 ${inside}`)
      // the forms in which an address can be hidden
      assert.strictEqual(yield* refused("http://0x7f.1"), `${start} 127.0.0.1 ${inside}`)
      assert.strictEqual(yield* refused("http://2130706433"), `${start} 127.0.0.1 ${inside}`)
      assert.strictEqual(yield* refused("http://[::ffff:127.0.0.1]"), `${start} ::ffff:7f00:1 ${inside}`)
      assert.strictEqual(yield* refused("http://169.254.169.254", true), `${start} 169.254.169.254 ${everywhere}`)
    }))
})

describe("signatures", () => {
  // the examples of "Signature Calculations for the Authorization Header" in Amazon's documentation of S3
  const credentials = {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
  }
  const scope = { secret: credentials.secretAccessKey, day: "20130524", region: "us-east-1" }
  const nothing = new Uint8Array(0)
  const digest = createHash("sha256").update(nothing).digest("hex")
  const get = {
    method: "GET",
    target: "/test.txt",
    headers: {
      host: "examplebucket.s3.amazonaws.com",
      range: "bytes=0-9",
      "x-amz-content-sha256": digest,
      "x-amz-date": "20130524T000000Z"
    },
    body: nothing
  }
  const list = {
    method: "GET",
    target: "/?max-keys=2&prefix=J",
    headers: { host: get.headers.host, "x-amz-content-sha256": digest, "x-amz-date": "20130524T000000Z" },
    body: nothing
  }

  it("are those of the specification's examples", () => {
    assert.strictEqual(
      signatureOf(get, ["host", "range", "x-amz-content-sha256", "x-amz-date"], scope),
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )
    assert.strictEqual(
      signatureOf(list, ["host", "x-amz-content-sha256", "x-amz-date"], scope),
      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    )
  })

  it.effect("of the client and of the stand-in agree, and nothing of a request can be changed", () =>
    Effect.gen(function*() {
      const url = yield* urlOf({ endpoint: "https://store.example.com" }, "a b/ü+%25/c'(x)")
      const signed = yield* Effect.promise(() =>
        new AwsV4Signer({
          method: "GET",
          url,
          headers: { "x-amz-content-sha256": digest, "if-none-match": "\"x\"" },
          ...credentials,
          sessionToken: "token",
          service: "s3",
          region: "us-east-1",
          datetime: "20130524T000000Z",
          allHeaders: true
        }).sign()
      )
      const headers = { ...Object.fromEntries(signed.headers), host: "store.example.com" }
      const request = { method: "GET", target: signed.url.pathname, headers, body: nothing }
      const now = Date.parse("2013-05-24T00:10:00Z")
      assert.isUndefined(refusedBy(request, credentials, now))
      assert.strictEqual(refusedBy({ ...request, method: "PUT" }, credentials, now), "SignatureDoesNotMatch")
      assert.strictEqual(refusedBy({ ...request, target: "/x" }, credentials, now), "SignatureDoesNotMatch")
      assert.strictEqual(
        refusedBy({ ...request, body: new Uint8Array(1) }, credentials, now),
        "XAmzContentSHA256Mismatch"
      )
      assert.strictEqual(refusedBy(request, { ...credentials, secretAccessKey: "x" }, now), "SignatureDoesNotMatch")
      assert.strictEqual(refusedBy(request, { ...credentials, accessKeyId: "x" }, now), "InvalidAccessKeyId")
      assert.strictEqual(refusedBy(request, credentials, now + 3_600_000), "RequestTimeTooSkewed")
      assert.strictEqual(refusedBy({ ...request, headers: {} }, credentials, now), "AccessDenied")
      const moved = { ...request, headers: { ...headers, "x-amz-security-token": "other" } }
      assert.strictEqual(refusedBy(moved, credentials, now), "SignatureDoesNotMatch")
    }))
})
