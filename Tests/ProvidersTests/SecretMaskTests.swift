import Envelope
import Providers
import Testing

@Suite struct SecretMaskTests {
    private func said(_ message: String) -> String {
        String(failure(401, message).message.dropFirst("the provider answered with status 401: ".count))
    }

    @Test(arguments: [
        ("Incorrect API key provided: sk-abcd1234**********wxyz. You can find", "Incorrect API key provided: [masked] You can find"),
        ("key sk-proj-AbCdEf_0123-xyz!", "key [masked]!"),
        ("Authorization: Bearer tok.en-1 was refused", "Authorization: Bearer [masked] was refused"),
        ("'gsk_abcdefghijkl'", "'[masked]'"),
        ("AIzaSyA1234567890abcdefghijklmnopqrstuv", "[masked]"),
        ("(0123456789abcdef0123456789abcdef)", "([masked])"),
        ("xai-AbCdEf123456,csk-0123456789", "[masked],[masked]"), ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.c2ln", "[masked]"),
    ])
    func masksKeys(_ message: String, _ expected: String) {
        #expect(said(message) == expected)
    }

    @Test(arguments: [
        "The model `gpt-4o-mini-realtime-preview-2024-12-17` does not exist",
        "Please include the request ID req_0123456789abcdef0123456789abcdef in your message.",
        "see https://platform.openai.com/account/api-keys", "task-oriented key-value risk-free sk-",
        "Pneumonoultramicroscopicsilicovolcanoconiosis",
        "bearer, of news", "Limit 30000, Requested 40000", "meta-llama/Llama-3.3-70B-Instruct-Turbo",
    ])
    func leavesOrdinaryWords(_ message: String) {
        #expect(said(message) == message)
    }
}

@Suite struct HidingTests {
    @Test func knownSecretsAreHiddenWhereverTheyStand() {
        let error = ProviderError(code: .auth, message: "no plain words, no plain words; ab", retryable: false, status: 401)
        #expect(error.hiding(["plain words", "ab", "absent"]).message == "no [masked], no [masked]; ab")
        #expect(error.hiding([]) == error)
        let cut = ProviderError(code: .auth, message: "the key is my-gateway-tok")
        #expect(cut.hiding(["my-gateway-token"]).message == "the key is [masked]")
        #expect(cut.hiding(["token-of-others"]).message == "the key is my-gateway-tok")
        #expect(error.hiding(["plain words"]).status == 401)
    }
}
