import Redis
import Testing

@Suite struct RedisConfigurationTests {
    @Test func partsOfTheURL() throws {
        let full = try RedisConfiguration(url: "redis://worker:p%40ss%2Fword@cache.internal:6380/7")
        #expect(full.host == "cache.internal")
        #expect(full.port == 6380)
        #expect(full.user == "worker")
        #expect(full.password == "p@ss/word")
        #expect(full.database == 7)

        let short = try RedisConfiguration(url: "redis://cache")
        #expect(short.host == "cache" && short.port == 6379 && short.user == nil && short.password == nil && short.database == 0)

        let ipv6 = try RedisConfiguration(url: "redis://:secret@[::1]:7000/")
        #expect(ipv6.host == "::1" && ipv6.port == 7000 && ipv6.user == nil && ipv6.password == "secret")
    }

    @Test func theSchemeTellsOfTLS() throws {
        #expect(try RedisConfiguration(url: "rediss://h").tls == RedisTLS())
        #expect(try RedisConfiguration(url: "redis://h").tls == nil)
        #expect(try "\(RedisConfiguration(url: "rediss://h:1"))" == "rediss://h:1/0")
    }

    @Test func aPasswordGivenApartTakesPrecedence() throws {
        #expect(try RedisConfiguration(url: "redis://u:one@h", password: "two").password == "two")
        #expect(try RedisConfiguration(url: "redis://u:one@h").password == "one")
    }

    @Test func noFormOfItShowsThePassword() throws {
        let configuration = try RedisConfiguration(url: "redis://worker:hidden@h:1/2")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped, "\([configuration])"] {
            #expect(!text.contains("hidden"))
        }
        #expect("\(configuration)" == "redis://worker@h:1/2")
    }

    @Test(arguments: [
        ("unix:///run/redis.sock", "TCP"), ("redis+unix:///x", "TCP"), ("http://h", "scheme is not redis"),
        ("127.0.0.1:6379", "no scheme"), ("redis://", "no host"), ("redis://h:port", "port"), ("redis://h:70000", "port"),
        ("redis://h:0", "port"), ("redis://h/one", "database"), ("redis://h/-1", "database"), ("redis://::1", "brackets"),
        ("redis://[::1", "closing"), ("redis://[::1]x", "follows"), ("redis://h?timeout=1", "parameters"),
        ("redis://u:hid/den@h", "%2F"), ("redis://u:hid%zzden@h", "%25"),
    ])
    func aURLThatCannotBeUsedIsExplained(_ url: String, _ hint: String) {
        let failure = #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
        #expect(failure?.code == .invalidConfiguration)
        #expect(failure?.message.contains(hint) == true, "\(failure?.message ?? "")")
        #expect(failure?.message.contains("hid") == false)
    }
}
