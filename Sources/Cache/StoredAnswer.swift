internal import Envelope
internal import EventLoop

/// An answer as it is sealed for Redis: the time of its end in unix milliseconds, a line feed, and the answer.
enum StoredAnswer {
    /// - Parameter seconds: how long it is to be kept.
    static func write(_ answer: WrittenBytes, seconds: Int) -> WrittenBytes {
        var writer = ByteWriter(capacity: answer.bytes.count + 16)
        writer.append(WallClock.milliseconds + Int64(seconds) * 1_000)
        writer.append("\n")
        writer.append(answer.bytes)
        return WrittenBytes(writer)
    }

    /// - Returns: the answer, and the milliseconds that it has left; nil if it is none.
    static func read(_ stored: [UInt8]) -> (answer: WrittenBytes, milliseconds: Int64)? {
        stored.withUnsafeBytes { bytes in
            guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")), let time = Int64(String(decoding: bytes[..<end], as: UTF8.self))
            else {
                return nil
            }
            var writer = ByteWriter(capacity: bytes.count - end)
            writer.append(UnsafeRawBufferPointer(rebasing: bytes[(end + 1)...]))
            return (WrittenBytes(writer), time - WallClock.milliseconds)
        }
    }
}
