import Testing

@testable import Configuration

@Suite struct RetryTopicTests {
    @Test(arguments: [("llm.retry.30s", 30), ("llm.retry.10m", 600), ("retry.1h", 3_600), ("168h", 604_800)])
    func theNameTellsTheWait(name: String, seconds: Int) {
        #expect(RetryTopic(name)?.waitSeconds == seconds)
    }

    @Test(arguments: [
        "llm.retry", "llm.retry.", "llm.retry.m", "llm.retry.0s", "llm.retry.5d", "llm.retry.-5s", "x.99999999999999999999s", "x.169h",
    ])
    func aNameWithoutAWaitIsNone(name: String) {
        #expect(RetryTopic(name) == nil)
    }

    @Test func aTopicWithoutAWaitIsNamed() {
        let error = #expect(throws: ConfigurationError.self) { try load("topics: {retry: [llm.later]}") }
        #expect(error?.description.contains("topics.retry: 'llm.later' does not end with a wait") == true)
    }

    @Test func theTopicsAreSortedByTheirWaits() throws {
        #expect(try load("topics: {retry: [a.1h, a.5s, a.2m]}").configuration.topics.retry.map(\.name) == ["a.5s", "a.2m", "a.1h"])
        #expect(try load("topics: {retry: []}").configuration.topics.retry.isEmpty)
    }
}
