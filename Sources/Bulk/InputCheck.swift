internal import Envelope

/// What is wrong with one line of an input file.
package struct RefusedLine: Sendable, CustomStringConvertible {
    package let file: String
    package let line: Int
    package let reason: String

    /// As compilers write it: `file:line: reason`.
    package var description: String { "\(file):\(line): \(reason)" }
}

/// The requests of input files in order: which lines are good, and which ids they have.
package struct InputCheck: Sendable {
    /// The ids of the good lines, in order.
    package private(set) var ids: [String] = []
    package private(set) var refused: [RefusedLine] = []
    private var places: [String: Int] = [:]

    package init() {}

    /// Reads a whole file and checks every line as the worker would, and that no id comes twice. Blocks.
    ///
    /// - Throws: `BulkError` if the file cannot be read.
    package mutating func read(file: String, model: String?) throws(BulkError) {
        var reader = try LineReader(path: file)
        while let line = try reader.next() {
            do {
                _ = try accept(line, file: file, number: reader.lineNumber, model: model)
            } catch {
                refused.append(error)
            }
        }
    }

    /// Checks one line and notes it.
    ///
    /// - Returns: the request, or nil for an empty line.
    /// - Throws: `RefusedLine` if it cannot be sent.
    package mutating func accept(
        _ line: UnsafeRawBufferPointer, file: String, number: Int, model: String?
    ) throws(RefusedLine) -> InputRequest? {
        guard line.contains(where: { $0 != 0x20 && $0 != 0x09 }) else { return nil }
        let request: InputRequest
        do {
            request = try InputRequest(line: line, number: number, model: model)
        } catch {
            throw RefusedLine(file: file, line: number, reason: error.message)
        }
        if let earlier = places[request.id] {
            throw RefusedLine(
                file: file, line: number, reason: "the id \"\(request.id)\" is that of line \(earlier) already; give each request its own")
        }
        places[request.id] = number
        ids.append(request.id)
        return request
    }
}

extension RefusedLine: Error {}
