import HTTP
import Testing

@Suite struct HTTPInputTests {
    @Test(arguments: ["", "api.example.com/v1", "/v1", "ftp://example.com/", "http://", "http:// space/", "https://example.com:99999/"])
    func refusesWhatIsNoAbsoluteURL(url: String) {
        #expect(throws: HTTPInputError.self) { try HTTPTarget(url) }
    }

    @Test func namesTheHostWithoutWhatMayBeSecret() throws {
        #expect(try HTTPTarget("https://user:secret@api.example.com/v1?key=secret").host == "api.example.com")
        #expect(try HTTPTarget("http://127.0.0.1:8080/v1").host == "127.0.0.1:8080")
        #expect(try HTTPTarget("http://[::1]:8080/v1").host == "[::1]:8080")
    }

    @Test(arguments: [
        ("Name", "a\r\nInjected: b"), ("Name", "a\nb"), ("Name", "a\0b"), ("Na me", "a"), ("", "a"), ("Name:", "a"), ("Na\r\nme", "a"),
        ("Näme", "a"),
    ])
    func refusesHeadersThatWouldBreakTheRequest(name: String, value: String) throws {
        #expect(throws: HTTPInputError.self) { try HTTPHeaderList([(name, value)]) }
        let list = try HTTPHeaderList()
        #expect(throws: HTTPInputError.self) { try list.adding(name, value) }
    }

    @Test func doesNotRepeatTheRefusedValue() throws {
        let error = try #require(throws: HTTPInputError.self) { try HTTPHeaderList([("Authorization", "Bearer sk-secret\n")]) }
        #expect(error.description.contains("Authorization"))
        #expect(!error.description.contains("sk-secret"))
    }
}
