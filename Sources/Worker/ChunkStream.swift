internal import Envelope
internal import Providers
internal import Routing

/// Publishes the answer to one request piece by piece, in order. Confined to its loop.
///
/// Pieces are not waited for, the last one is: as they have one key, the brokers then have them all, save what they have refused
/// later, as they may in a long outage. If Kafka's client did not take one, the last one brings the whole answer (the first of
/// several), as the first of a new beginning.
final class ChunkStream {
    private let publisher: Publisher
    private let topic: String
    private let key: [UInt8]
    /// As JSON.
    private let id: UnsafeRawBufferPointer
    private var sequence = 0
    private var isBroken = false

    /// - Parameter id: as JSON, valid as long as the stream is used.
    init(_ publisher: Publisher, topic: String, key: String, id: UnsafeRawBufferPointer) {
        self.publisher = publisher
        self.topic = topic
        self.key = Array(key.utf8)
        self.id = id
    }

    var sink: AnswerSink {
        AnswerSink(
            begin: { [self] in
                sequence = 0
                isBroken = false
            },
            add: { [self] delta in delta.json.withUnsafeBytes { add($0, choice: delta.choice) } })
    }

    private func add(_ delta: UnsafeRawBufferPointer, choice: Int) {
        guard !isBroken else { return }
        isBroken = !publisher.post(written(ChunkEnvelope(id: id, sequence: sequence, choice: choice, delta: delta)), key: key, topic: topic)
        sequence += 1
    }

    /// Publishes that the answer is whole.
    ///
    /// - Parameters:
    ///   - finishReason: as JSON.
    ///   - message: the whole, in case that pieces are missing.
    /// - Returns: false if the work was given up before the brokers had it.
    func finish(
        _ finishReason: UnsafeRawBufferPointer?, whole message: UnsafeRawBufferPointer?, isolation: isolated (any Actor)? = #isolation
    ) async -> Bool {
        if isBroken { sequence = 0 }
        let delta = sequence == 0 ? message : nil
        return await end(ChunkEnvelope(id: id, sequence: sequence, delta: delta, isFinal: true, finishReason: finishReason))
    }

    /// Publishes that there will be no more.
    ///
    /// - Returns: false if the work was given up before the brokers had it.
    func fail(_ error: ProviderError, isolation: isolated (any Actor)? = #isolation) async -> Bool {
        await end(
            ChunkEnvelope(id: id, sequence: sequence, delta: nil, isFinal: true, error: (code: error.code, message: error.message)))
    }

    private func end(_ chunk: ChunkEnvelope, isolation: isolated (any Actor)? = #isolation) async -> Bool {
        let written = WrittenBytes(written(chunk))
        return await publisher.deliver(written, key: key, topic: topic)
    }

    private func written(_ chunk: ChunkEnvelope) -> ByteWriter {
        var writer = ByteWriter(capacity: 128 + id.count + (chunk.delta?.count ?? 0))
        chunk.write(into: &writer)
        return writer
    }
}
