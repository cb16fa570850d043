import Envelope
import Glibc
import Testing

@Suite struct ByteWriterTests {
    @Test func handsItsMemoryOverAndStartsAfresh() {
        var writer = ByteWriter(capacity: 16)
        writer.append("abc")
        writer.append(text: String(repeating: "x", count: 5000))
        let first = writer.take()
        #expect(first.count == 5003)
        #expect(UnsafeRawBufferPointer(start: first.pointer, count: 4).elementsEqual("abcx".utf8))
        free(first.pointer)
        #expect(writer.count == 0)
        writer.append("again")
        let second = writer.take()
        #expect(String(decoding: UnsafeRawBufferPointer(start: second.pointer, count: second.count), as: UTF8.self) == "again")
        free(second.pointer)
        let empty = writer.take()
        #expect(empty.count == 0)
        free(empty.pointer)
    }

    @Test func keepsItsMemoryWhenCleared() {
        var writer = ByteWriter()
        writer.append("first")
        writer.removeAll()
        writer.append("second")
        #expect(writer.bytes.elementsEqual("second".utf8))
    }

    @Test(arguments: [0, 1, -1, 9, 10, 99, 100, -12345, Int64.max, Int64.min])
    func writesIntegers(_ integer: Int64) {
        #expect(written { $0.append(integer) } == String(integer))
    }

    @Test(arguments: [
        (0.0, 3, "0"),
        (-0.0, 3, "0"),
        (412, 3, "412"),
        (412.5, 3, "412.5"),
        (0.0004, 3, "0"),
        (0.0005, 3, "0.001"),
        (-1.25, 3, "-1.25"),
        (0.05, 3, "0.05"),
        (1.9999, 3, "2"), (0.000123, 12, "0.000123"), (0.0000000375, 12, "0.0000000375"), (7.5e-8, 12, "0.000000075"), (1234.56, 0, "1235"),
        (1e300, 3, "1e+300"), (.infinity, 3, "null"), (.nan, 3, "null"),
    ])
    func writesRoundedNumbers(_ double: Double, _ decimals: Int, _ expected: String) {
        #expect(written { $0.append(double, decimals: decimals) } == expected)
    }

    @Test func escapesStrings() {
        let text = "a\"b\\c/\u{8}\u{C}\n\r\t\u{0}\u{1F}\u{7F}é漢😀 plain text that is long enough"
        #expect(written { $0.appendJSON(text) } == #""a\"b\\c/\b\f\n\r\t\u0000\u001f"# + "\u{7F}é漢😀 plain text that is long enough\"")
        #expect(written { $0.appendJSON("") } == "\"\"")
    }

    @Test func writesNothingForAnEmptyBuffer() {
        #expect(written { $0.append(UnsafeRawBufferPointer(start: nil, count: 0)) } == "")
    }
}
