internal import Envelope
internal import Providers

/// The decoder of request envelopes, and the writer of the bodies that are made of them.
enum RequestHarness {
    static func run(_ format: any WireFormat, _ input: UnsafeRawBufferPointer) {
        let request: RequestEnvelope
        do throws(EnvelopeError) {
            request = try RequestDecoder.decode(input)
        } catch {
            require(!error.message.isEmpty, "an error has no message")
            return
        }
        requireSound(request, input)
        guard format.path(for: request.type, isStreamed: request.stream) != nil else { return }
        for tokens in [nil, 4096] {
            var writer = ByteWriter()
            let call = ModelCall(request, bytes: input, model: "m/\"1\"", defaultMaxTokens: tokens, asksForStreamUsage: tokens == nil)
            do throws(ProviderError) {
                try format.writeBody(call, into: &writer)
                requireJSON(writer.bytes, [.object], "the body of a call")
                if let batch = format.batch, batch.takes(request.type) { requireOneLine(writer.bytes, batch, request.type) }
                require(writer.count <= 16 * input.count + 4096, "\(input.count) bytes become \(writer.count)")
            } catch {
                require(!error.message.isEmpty, "an error has no message")
                require(!error.retryable, "a request that cannot be translated is retried: \(error.message)")
            }
        }
    }

    /// Checks the request as one of a batch.
    private static func requireOneLine(_ body: UnsafeRawBufferPointer, _ batch: any BatchFormat, _ type: RequestType) {
        var line = ByteWriter()
        batch.append(body, named: "b-1", type, isFirst: true, into: &line)
        requireJSON(line.bytes, [.object], "a request of a batch")
        // Where each is on a line of its own, the line ends after it.
        guard line.bytes.last == UInt8(ascii: "\n") else { return }
        require(
            line.bytes.firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } == line.count - 1,
            "a request takes several lines")
    }

    private static func requireSound(_ request: RequestEnvelope, _ bytes: UnsafeRawBufferPointer) {
        func check(_ range: ByteRange, _ kinds: [JSONKind], _ what: StaticString) {
            require(range.start <= range.end && range.end <= bytes.count, "\(what) stands at \(range) of \(bytes.count) bytes")
            requireJSON(bytes[range], kinds, what)
        }
        check(request.idRange, [.string], "the id")
        require((1...256).contains(request.id.count), "an id has \(request.id.count) characters")
        require((0...9).contains(request.priority), "a priority is \(request.priority)")
        if let metadata = request.metadata { check(metadata, [.object], "the metadata") }
        for field in request.payload {
            check(field.key, [.string], "a key")
            check(field.value, [], "a field's value")
            require(field.key.end <= field.value.start, "a value stands before its key")
        }
    }
}
