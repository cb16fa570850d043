internal import Envelope
internal import Providers

/// The readers of a batch API: of uploads, batches, lists, and lines of results.
enum BatchHarness {
    static func run(_ format: any WireFormat, _ batch: any BatchFormat, _ input: UnsafeRawBufferPointer) {
        attempt { () throws(ProviderError) in require(!(try batch.readUploaded(input)).isEmpty, "a file has no name") }
        attempt { () throws(ProviderError) in check(try batch.readBatch(input), batch) }
        attempt { () throws(ProviderError) in
            let page = try batch.readPage(input)
            for listed in page.batches { check(listed, batch) }
            requireHarmless(batch.list(after: page.next).path)
        }
        for line in input.split(separator: UInt8(ascii: "\n")) {
            let line = UnsafeRawBufferPointer(rebasing: line)
            attempt { () throws(ProviderError) in check(try batch.readResult(line), line, format) }
        }
    }

    private static func attempt(_ body: () throws(ProviderError) -> Void) {
        do throws(ProviderError) { try body() } catch { requireSound(error) }
    }

    private static func check(_ found: ProviderBatch, _ batch: any BatchFormat) {
        require(!found.id.isEmpty, "a batch has no id")
        require(found.results.count <= 2, "results are in \(found.results.count) places")
        for path in found.results + [batch.look(found.id).path, batch.cancel(found.id).path] { requireHarmless(path) }
        if let count = found.count { require(count >= 0, "a batch has \(count) requests") }
    }

    private static func check(_ result: BatchResult, _ line: UnsafeRawBufferPointer, _ format: any WireFormat) {
        guard case .response(let status, let range) = result.outcome else { return }
        require(range.start <= range.end && range.end <= line.count, "a body stands at \(range) of \(line.count) bytes")
        let body = line[range]
        requireJSON(body, [], "the body of a result")
        if (200..<300).contains(status) {
            AnswerHarness.run(format, body)
        } else {
            requireSound(format.classify(status: status, header: { _ in nil }, body: body, now: 0))
        }
    }

    /// What a provider says must not lead elsewhere.
    private static func requireHarmless(_ path: String) {
        let isHarmless =
            path.hasPrefix("/") && !path.contains("..") && path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }
        require(isHarmless, "a path is \(path)")
    }
}
