// says nothing and ignores every request to end
process.on("SIGTERM", () => {})
process.stdin.resume()
setInterval(() => {}, 1000)
