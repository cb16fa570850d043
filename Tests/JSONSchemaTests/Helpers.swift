import Foundation
import JSONSchema

/// Runs `body` on bytes that begin at an odd address and end at the end of their memory, so that misaligned and overlong reads show.
func withBytes<Result, Failure: Error>(
    _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
) throws(Failure) -> Result {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: 8)
    defer { memory.deallocate() }
    UnsafeMutableRawBufferPointer(rebasing: memory[1...]).copyBytes(from: bytes)
    return try body(UnsafeRawBufferPointer(rebasing: memory[1...]))
}

func compile(_ schema: String) throws(SchemaError) -> JSONSchema {
    try withBytes(Array(schema.utf8)) { bytes throws(SchemaError) in try JSONSchema(bytes) }
}

func check(_ answer: String, _ schema: JSONSchema, limit: Int = 5) -> Verdict {
    withBytes(Array(answer.utf8)) { schema.check($0, limit: limit) }
}

func check(_ answer: String, _ schema: String, limit: Int = 5) throws(SchemaError) -> Verdict {
    check(answer, try compile(schema), limit: limit)
}

/// What is told of an answer that does not fit; nothing for another one.
func problems(_ answer: String, _ schema: String, limit: Int = 5) throws(SchemaError) -> [String] {
    guard case .misfits(let problems) = try check(answer, schema, limit: limit) else { return [] }
    return problems.map(\.description)
}

/// The folder of these tests.
let folder = URL(filePath: #filePath).deletingLastPathComponent()
