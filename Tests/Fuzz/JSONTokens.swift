/// Where tokens of JSON seem to be in a text, whatever else it is.
struct JSONTokens {
    private let bytes: [UInt8]
    private var ranges: [Range<Int>] = []
    /// Tokens that begin a value: none that separate or close, and no keys.
    private var values: [Int] = []
    private var keys: [Int] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var start = 0
        while start < bytes.count {
            let end = Self.end(bytes, start)
            if bytes[start] > 0x20 { ranges.append(start..<end) }
            start = end
        }
        for index in ranges.indices {
            switch byte(index) {
            case UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ","), UInt8(ascii: ":"): break
            default:
                let isKey = index + 1 < ranges.count && byte(index + 1) == UInt8(ascii: ":")
                if isKey { keys.append(index) } else { values.append(index) }
            }
        }
    }

    /// A value, an array or object with all that is in it. Nil if there is none.
    func value<Generator: RandomNumberGenerator>(using generator: inout Generator) -> Range<Int>? {
        values.randomElement(using: &generator).map { ranges[$0].lowerBound..<ranges[last(of: $0)].upperBound }
    }

    /// An object's member, or an array's element, with the comma that goes if it goes. Nil if there is none.
    func part<Generator: RandomNumberGenerator>(using generator: inout Generator) -> (part: Range<Int>, withComma: Range<Int>)? {
        guard let value = values.randomElement(using: &generator) else { return nil }
        let isMember = value >= 2 && byte(value - 1) == UInt8(ascii: ":")
        let first = isMember ? value - 2 : value
        let last = last(of: value)
        let part = ranges[first].lowerBound..<ranges[last].upperBound
        if last + 1 < ranges.count, byte(last + 1) == UInt8(ascii: ",") { return (part, part.lowerBound..<ranges[last + 1].upperBound) }
        if first > 0, byte(first - 1) == UInt8(ascii: ",") { return (part, ranges[first - 1].lowerBound..<part.upperBound) }
        return (part, part)
    }

    /// An object's key, quotes included. Nil if there is none.
    func key<Generator: RandomNumberGenerator>(using generator: inout Generator) -> Range<Int>? {
        keys.randomElement(using: &generator).map { ranges[$0] }
    }

    private func byte(_ index: Int) -> UInt8 { bytes[ranges[index].lowerBound] }

    /// The token that closes what a token opens; that token itself if it opens nothing.
    private func last(of first: Int) -> Int {
        var depth = 0
        for index in first..<ranges.count {
            switch byte(index) {
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
            if depth <= 0 { return index }
        }
        return first
    }

    private static func end(_ bytes: [UInt8], _ start: Int) -> Int {
        var end = start + 1
        switch bytes[start] {
        case UInt8(ascii: "\""):
            while end < bytes.count, bytes[end] != UInt8(ascii: "\"") { end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1 }
            return min(end + 1, bytes.count)
        case let byte where isOfWord(byte):
            while end < bytes.count, isOfWord(bytes[end]) { end += 1 }
            return end
        default: return end
        }
    }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
