import Envelope
import TestSupport
import Testing

@Suite struct RequestErrorTests {
    /// A bad message, the code it must get, and what the error's message must speak of.
    struct Case: CustomTestStringConvertible, Sendable {
        let message: String
        let code: ErrorCode
        let mentions: [String]

        init(_ message: String, _ code: ErrorCode, _ mentions: String...) {
            self.message = message
            self.code = code
            self.mentions = mentions
        }

        var testDescription: String { message }
    }

    static let wholeMessages = [
        Case("", .emptyMessage, "empty"), Case(" \n\t", .emptyMessage, "empty"),
        Case("\u{0}\u{0}\u{0}\u{0}\u{5}binary", .invalidJSON, "byte 0", "0x00"), Case("hello", .invalidJSON, "byte 0", "'h'"),
        Case("[]", .invalidRequest, "the message", "an object", "an array"), Case("\"id\"", .invalidRequest, "an object", "a string"),
        Case("{}", .missingID, "\"id\""),
        Case(#"{"prompt":"x"}"#, .missingID, "\"id\""),
        Case(#"{"id":null,"prompt":"x"}"#, .missingID, "id is null"),
        Case(#"{"id":"","prompt":"x"}"#, .missingID, "id is empty"),
        Case(#"{"id":"a","prompt":"x"} {}"#, .invalidJSON, "nothing after the value at byte 24"),
        Case(#"{"id":"a","prompt":"x""#, .invalidJSON, "the end of the text"), Case(#"{"id":"a""prompt":"x"}"#, .invalidJSON, "byte 9"),
        Case(#"{"id":"a","id":"b","prompt":"x"}"#, .invalidRequest, "\"id\" at byte 10", "twice"),
        Case(#"{"id":"a"}"#, .invalidRequest, "messages", "prompt", "input"),
        Case(#"{"id":"a","type":"chat","prompt":"x"}"#, .invalidRequest, "messages is missing"),
        Case(#"{"id":"a","type":"embedding","prompt":"x"}"#, .invalidRequest, "input is missing"),
        Case(#"{"id":"a","type":"completion","messages":[{"role":"user"}]}"#, .invalidRequest, "prompt is missing"),
        Case(#"{"id":"a","messages":[{"role":"user"}],"prompt":"x"}"#, .invalidRequest, "prompt does not go"),
        Case(#"{"id":"a","prompt":"x","input":"x"}"#, .invalidRequest, "input does not go"),
        Case(#"{"id":"a","type":"embedding","messages":[{"role":"user"}],"input":"x"}"#, .invalidRequest, "messages does not go"),
    ]

    static let fields = [
        Case(#""version":2"#, .invalidRequest, "version", "1, the only version", "found 2"),
        Case(#""version":"1""#, .invalidRequest, "version", "a string"),
        Case(#""version":1.5"#, .invalidRequest, "version", "1.5"),
        Case(#""type":"chatt""#, .invalidRequest, "type", "\"chatt\"", "embedding"),
        Case(#""type":1"#, .invalidRequest, "type", "a string", "a number"),
        Case(#""model":7"#, .invalidRequest, "model", "a string", "a number"), Case(#""model":"""#, .invalidRequest, "model"),
        Case(#""model":{"cost":"low"}"#, .unsupported, "model", "selection criteria"),
        Case(#""tenant":[]"#, .invalidRequest, "tenant", "a string", "an array"),
        Case(#""tenant":"""#, .invalidRequest, "tenant", "1 to 256"),
        Case(#""session_id":5"#, .invalidRequest, "session_id", "a string", "a number"),
        Case(#""reply_to":{}"#, .invalidRequest, "reply_to", "a string", "an object"),
        Case(#""tenant":"a\nb""#, .invalidRequest, "tenant", "control characters"),
        Case(#""priority":"5""#, .invalidRequest, "priority", "0 to 9", "a string"),
        Case(#""priority":10"#, .invalidRequest, "priority", "found 10"),
        Case(#""priority":-1"#, .invalidRequest, "priority"), Case(#""priority":1.5"#, .invalidRequest, "priority"),
        Case(#""deadline":"tomorrow""#, .invalidRequest, "deadline", "RFC 3339", "\"tomorrow\""),
        Case(#""deadline":1772366400"#, .invalidRequest, "deadline", "not seconds"),
        Case(#""deadline":1772366400250.5"#, .invalidRequest, "deadline"),
        Case(#""deadline":true"#, .invalidRequest, "deadline", "a boolean"),
        Case(#""deadline":-1"#, .invalidRequest, "deadline"), Case(#""deadline":253402300800000"#, .invalidRequest, "deadline"),
        Case(#""cache":"yes""#, .invalidRequest, "cache", "a boolean", "a string"),
        Case(#""cache":{"mode":"on"}"#, .invalidRequest, "cache.mode", "bypass", "\"on\""),
        Case(#""cache":{"mode":1}"#, .invalidRequest, "cache.mode"), Case(#""cache":{"ttl_s":"5"}"#, .invalidRequest, "cache.ttl_s"),
        Case(#""cache":{"ttl_s":0}"#, .invalidRequest, "cache.ttl_s"), Case(#""cache":{"ttl":5}"#, .invalidRequest, "\"ttl\"", "ttl_s"),
        Case(#""stream":"true""#, .invalidRequest, "stream", "a boolean", "a string"),
        Case(#""metadata":"x""#, .invalidRequest, "metadata", "an object", "a string"),
        Case(#""metadata":[]"#, .invalidRequest, "metadata", "an array"),
        Case(#""extra":[]"#, .invalidRequest, "extra", "an object", "an array"),
        Case(#""extra":{"model":"x"}"#, .invalidRequest, "\"model\"", "top level"),
        Case(#""extra":{"stream":true}"#, .invalidRequest, "\"stream\""),
        Case(#""extra":{"stream_options":{}}"#, .invalidRequest, "stream_options"),
        Case(#""extra":{"a":1,"a":2}"#, .invalidRequest, "\"a\"", "twice"),
        Case(#""extra":{"prompt":"y"}"#, .invalidRequest, "\"prompt\"", "twice"),
        Case(#""extra":{"prom\u0070t":"y"}"#, .invalidRequest, "twice"),
        Case(#""temprature":1"#, .invalidRequest, "\"temprature\"", "\"temperature\"", "extra"),
        Case(#""Model":"x""#, .invalidRequest, "\"Model\"", "\"model\""),
        Case(#""frobnicate_all":1"#, .invalidRequest, "unknown field", "extra"), Case(#""":1"#, .invalidRequest, "unknown field"),
        Case(#""maxTokens":1"#, .invalidRequest, "\"max_tokens\""), Case(#""stream_options":{}"#, .invalidRequest, "stream_options"),
        Case(#""body":{}"#, .invalidRequest, "method is missing"),
        Case(#""temperature":"hot""#, .invalidRequest, "temperature", "a number", "a string"),
        Case(#""top_p":true"#, .invalidRequest, "top_p", "a boolean"),
        Case(#""presence_penalty":[]"#, .invalidRequest, "presence_penalty"),
        Case(#""frequency_penalty":{}"#, .invalidRequest, "frequency_penalty"),
        Case(#""max_tokens":"5""#, .invalidRequest, "max_tokens", "an integer"),
        Case(#""max_tokens":5.5"#, .invalidRequest, "max_tokens", "5.5"),
        Case(#""max_completion_tokens":false"#, .invalidRequest, "max_completion_tokens"), Case(#""seed":"1""#, .invalidRequest, "seed"),
        Case(#""n":[1]"#, .invalidRequest, "n: expected an integer"), Case(#""top_logprobs":1e2"#, .invalidRequest, "top_logprobs"),
        Case(#""dimensions":{}"#, .invalidRequest, "dimensions"), Case(#""stop":5"#, .invalidRequest, "stop", "array of strings"),
        Case(#""logit_bias":[]"#, .invalidRequest, "logit_bias", "an object"), Case(#""logprobs":"yes""#, .invalidRequest, "logprobs"),
        Case(#""user":1"#, .invalidRequest, "user"), Case(#""reasoning_effort":1"#, .invalidRequest, "reasoning_effort"),
        Case(#""parallel_tool_calls":1"#, .invalidRequest, "parallel_tool_calls", "a boolean"),
        Case(#""tools":{}"#, .invalidRequest, "tools", "an array", "an object"),
        Case(#""tools":[{},1]"#, .invalidRequest, "tools[1]", "an object", "a number"),
        Case(#""tool_choice":1"#, .invalidRequest, "tool_choice"),
        Case(#""response_format":"json""#, .invalidRequest, "response_format", "an object", "a string"),
        Case(#""encoding_format":1"#, .invalidRequest, "encoding_format"),
        Case(#""suffix":1"#, .invalidRequest, "suffix"),
        Case(#""verbosity":1"#, .invalidRequest, "verbosity"),
        Case(#""service_tier":1"#, .invalidRequest, "service_tier"),
    ]

    static let payloads = [
        Case(#""messages":[]"#, .invalidRequest, "messages is empty"),
        Case(#""messages":"hi""#, .invalidRequest, "messages", "an array", "a string"),
        Case(#""messages":null"#, .invalidRequest, "messages", "null"), Case(#""messages":{}"#, .invalidRequest, "messages", "an object"),
        Case(#""messages":["hi"]"#, .invalidRequest, "messages[0]", "an object", "a string"),
        Case(#""messages":[{"role":"user"},{"content":"x"}]"#, .invalidRequest, "messages[1].role is missing"),
        Case(#""messages":[{"role":1}]"#, .invalidRequest, "messages[0].role", "a string", "a number"),
        Case(#""messages":[{}]"#, .invalidRequest, "messages[0].role is missing"),
        Case(#""messages":[{"role":"user","content":5}]"#, .invalidRequest, "messages[0].content", "a number"),
        Case(#""messages":[{"role":"user","content":{}}]"#, .invalidRequest, "messages[0].content", "an object"),
        Case(#""prompt":5"#, .invalidRequest, "prompt", "a string or an array", "a number"),
        Case(#""prompt":[ ]"#, .invalidRequest, "prompt is an empty array"),
        Case(#""prompt":null"#, .invalidRequest, "prompt", "null"), Case(#""input":{}"#, .invalidRequest, "input", "an object"),
        Case(#""input":[]"#, .invalidRequest, "input is an empty array"), Case(#""input":true"#, .invalidRequest, "input", "a boolean"),
    ]

    static let ids = [
        Case(#""id":5"#, .invalidRequest, "id: expected a string, found a number at byte"),
        Case(#""id":["a"]"#, .invalidRequest, "id", "an array"),
        Case(#""id":"\#(String(repeating: "x", count: 257))""#, .invalidRequest, "id", "256", "…"),
        Case(#""id":"a\u0000""#, .invalidRequest, "id", "control"),
    ]

    private func check(_ message: String, _ test: Case, id: String?) {
        let error = #expect(throws: EnvelopeError.self) { try decode(message) }
        #expect(error?.code == test.code)
        #expect(error?.id == id)
        for mention in test.mentions {
            #expect(error?.message.contains(mention) == true, "\(error?.message ?? "") should mention \(mention)")
        }
    }

    @Test(arguments: wholeMessages) func refusesBadMessages(_ test: Case) {
        check(test.message, test, id: test.message.hasPrefix(#"{"id":"a""#) ? "a" : nil)
    }

    @Test(arguments: fields) func refusesBadFieldsAndStillTellsTheId(_ test: Case) {
        check(#"{\#(test.message),"prompt":"x","id":"a"}"#, test, id: "a")
    }

    @Test(arguments: payloads) func refusesBadPayloads(_ test: Case) {
        check(#"{\#(test.message),"id":"a"}"#, test, id: "a")
    }

    @Test(arguments: ids) func refusesBadIds(_ test: Case) {
        check(#"{"prompt":"x",\#(test.message)}"#, test, id: nil)
    }

    @Test func tellsAllThatCouldBeRead() throws {
        let message = #"{"temperature":"hot","type":"completion","reply_to":"answers","metadata":{"row":1},"prompt":"x","id":"a"}"#
        let error = try #require(throws: EnvelopeError.self) { try decode(message) }
        #expect(error.message == "temperature: expected a number, found a string at byte 15")
        #expect(error.id == "a")
        #expect(text(message, error.idRange) == "\"a\"")
        #expect(error.type == .completion)
        #expect(error.replyTo == "answers")
        #expect(text(message, error.metadata) == #"{"row":1}"#)
    }

    @Test func tellsTheFirstFault() {
        let error = #expect(throws: EnvelopeError.self) { try decode(#"{"id":"a","prompt":"x","top_p":"1","temperature":"2","nope":1}"#) }
        #expect(error?.message.hasPrefix("top_p:") == true)
    }

    @Test func tellsTheTypeThatThePayloadShows() {
        let error = #expect(throws: EnvelopeError.self) { try decode(#"{"id":"a","input":"x","priority":10}"#) }
        #expect(error?.type == .embedding)
    }

    @Test func tellsAnIdReadBeforeBrokenJSON() {
        let error = #expect(throws: EnvelopeError.self) { try decode(#"{"id":"a","metadata":{"b":1},"prompt":"x"#) }
        #expect(error?.code == .invalidJSON)
        #expect(error?.id == "a")
        #expect(error?.metadata == ByteRange(start: 21, end: 28))
    }

    @Test func staysShortWhateverTheKeyIs() {
        let error = #expect(throws: EnvelopeError.self) {
            try decode(#"{"id":"a","prompt":"x","\#(String(repeating: "é", count: 10_000))":1}"#)
        }
        #expect(error.map { $0.message.utf8.count < 400 } == true)
        #expect(error?.message.contains("\u{FFFD}") == false)
    }

    @Test func limitsProviderSpecificFields() {
        let extra = (0..<5000).map { "\"k\($0)\":0" }.joined(separator: ",")
        let error = #expect(throws: EnvelopeError.self) { try decode(#"{"id":"a","prompt":"x","extra":{\#(extra)}}"#) }
        #expect(error?.message.contains("256") == true)
    }

    @Test func survivesDamageOfEveryKind() {
        var generator = SeededGenerator.forTest("survivesDamageOfEveryKind")
        let message =
            #"{"id":"a","type":"chat","messages":[{"role":"user","content":"é\u00e9"}],"tools":[{}],"cache":{"ttl_s":5},"extra":{"k":1},"deadline":"2026-03-01T12:00:00Z"}"#
        for _ in 0..<5_000 {
            var bytes = Array(message.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) { RandomJSON.damage(&bytes, using: &generator) }
            do {
                _ = try decode(bytes)
                #expect((try? scan(bytes).get()) != nil)
            } catch {
                #expect(!error.message.isEmpty)
                #expect((error.code == .invalidJSON) == ((try? scan(bytes).get()) == nil), "\(error.message)")
            }
        }
    }
}
