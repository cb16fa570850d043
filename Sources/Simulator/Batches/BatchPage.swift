internal import Envelope

/// One page of a list of batches, the newest first.
struct BatchPage {
    /// Where the batches stand in the list of all.
    let indices: [Int]
    private let identifiers: [String]
    private let hasMore: Bool

    /// - Parameters:
    ///   - identifiers: of all batches, the newest last.
    ///   - uri: may say how many batches a page has, and which one the page comes after.
    ///   - cursor: what the latter is called.
    init(_ identifiers: [String], _ uri: String, cursor: String) {
        let query = uri.split(separator: "?", maxSplits: 1).dropFirst().first?.split(separator: "&") ?? []
        func parameter(_ name: String) -> Substring? {
            query.first { $0.hasPrefix("\(name)=") }?.dropFirst(name.utf8.count + 1)
        }
        let limit = min(max(parameter("limit").flatMap { Int($0) } ?? 20, 1), 1000)
        let end = parameter(cursor).flatMap { after in identifiers.firstIndex { $0 == after } } ?? identifiers.count
        indices = Array((max(end - limit, 0)..<end).reversed())
        hasMore = end > limit
        self.identifiers = identifiers
    }

    func write(isOpenAI: Bool, to writer: inout ByteWriter, _ writeBatch: (_ index: Int, inout ByteWriter) -> Void) {
        writer.append(isOpenAI ? "{\"object\":\"list\",\"data\":[" : "{\"data\":[")
        for index in indices {
            if index != indices.first { writer.append(",") }
            writeBatch(index, &writer)
        }
        writer.append("],\"first_id\":")
        write(indices.first, to: &writer)
        writer.append(",\"last_id\":")
        write(indices.last, to: &writer)
        writer.append(",\"has_more\":")
        writer.append(hasMore)
        writer.append("}")
    }

    private func write(_ index: Int?, to writer: inout ByteWriter) {
        if let index { writer.appendJSON(identifiers[index]) } else { writer.append("null") }
    }
}
