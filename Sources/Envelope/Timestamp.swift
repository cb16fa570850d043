/// Points in time as RFC 3339 text and as milliseconds since 1970-01-01T00:00:00Z.
package enum Timestamp {
    /// Milliseconds of 9999-12-31T23:59:59.999Z, the last time that RFC 3339 can write.
    package static let latest: Int64 = 253_402_300_799_999

    /// Milliseconds of 0000-01-01T00:00:00Z, the first time that RFC 3339 can write.
    package static let earliest: Int64 = -62_167_219_200_000

    /// Reads an RFC 3339 time such as `2026-03-01T12:00:00.250+01:00`.
    ///
    /// Any number of fraction digits is accepted, those after the third are dropped. A leap second counts as the second after it.
    ///
    /// - Parameter text: the time without quotes.
    /// - Returns: unix milliseconds, or `nil` if the text is no such time.
    package static func milliseconds(parsing text: UnsafeRawBufferPointer) -> Int64? {
        guard text.count >= 20, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            text[10] | 0x20 == UInt8(ascii: "t") || text[10] == UInt8(ascii: " "),
            text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
            let year = text.number(at: 0, digits: 4), let month = text.number(at: 5, digits: 2), let day = text.number(at: 8, digits: 2),
            let date = CivilDate(year: year, month: month, day: day),
            let hour = text.number(at: 11, digits: 2), hour < 24, let minute = text.number(at: 14, digits: 2), minute < 60,
            let second = text.number(at: 17, digits: 2), second <= 60
        else { return nil }
        var cursor = 19
        guard let milliseconds = fraction(text, &cursor), let offset = offsetMinutes(text, cursor) else { return nil }
        let minutes = date.daysSince1970 * 1440 + hour * 60 + minute - offset
        if second == 60 && (minutes % 1440 + 1440) % 1440 != 1439 { return nil }
        return Int64((minutes * 60 + second) * 1000 + milliseconds)
    }

    /// Reads `.123` if it stands at `cursor`, and moves past it. `nil` if a point has no digit after it.
    private static func fraction(_ text: UnsafeRawBufferPointer, _ cursor: inout Int) -> Int? {
        guard text[cursor] == UInt8(ascii: ".") else { return 0 }
        cursor += 1
        let start = cursor
        var milliseconds = 0
        var unit = 100
        while cursor < text.count, text[cursor].isDigit {
            milliseconds += Int(text[cursor] - UInt8(ascii: "0")) * unit
            unit /= 10
            cursor += 1
        }
        return cursor > start ? milliseconds : nil
    }

    /// Reads `Z`, `+hh:mm` or `-hh:mm`, which must end the text.
    private static func offsetMinutes(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int? {
        guard start < text.count else { return nil }
        if text[start] | 0x20 == UInt8(ascii: "z") { return text.count == start + 1 ? 0 : nil }
        let isNegative = text[start] == UInt8(ascii: "-")
        guard isNegative || text[start] == UInt8(ascii: "+"), text.count == start + 6, text[start + 3] == UInt8(ascii: ":"),
            let hours = text.number(at: start + 1, digits: 2), hours < 24,
            let minutes = text.number(at: start + 4, digits: 2), minutes < 60
        else { return nil }
        return (hours * 60 + minutes) * (isNegative ? -1 : 1)
    }
}

extension UnsafeRawBufferPointer {
    /// The decimal number of exactly `digits` digits at `offset`; `nil` if something else stands there.
    package func number(at offset: Int, digits: Int) -> Int? {
        guard offset + digits <= count else { return nil }
        var value = 0
        for index in offset..<(offset + digits) {
            guard self[index].isDigit else { return nil }
            value = value * 10 + Int(self[index] - UInt8(ascii: "0"))
        }
        return value
    }
}

extension ByteWriter {
    /// Appends an RFC 3339 time in UTC with milliseconds, without quotes: `2026-03-01T11:00:00.250Z`.
    ///
    /// - Parameter milliseconds: unix milliseconds; times outside the years 0 to 9999 are written as the nearest within.
    package mutating func appendTimestamp(milliseconds: Int64) {
        let clamped = Int(min(max(milliseconds, Timestamp.earliest), Timestamp.latest))
        let days = (clamped >= 0 ? clamped : clamped - 86_399_999) / 86_400_000
        let time = UInt64(clamped - days * 86_400_000)
        let date = CivilDate(daysSince1970: days)
        append(unsigned: UInt64(date.year), width: 4)
        append(UInt8(ascii: "-"))
        append(unsigned: UInt64(date.month), width: 2)
        append(UInt8(ascii: "-"))
        append(unsigned: UInt64(date.day), width: 2)
        append(UInt8(ascii: "T"))
        append(unsigned: time / 3_600_000, width: 2)
        append(UInt8(ascii: ":"))
        append(unsigned: time / 60_000 % 60, width: 2)
        append(UInt8(ascii: ":"))
        append(unsigned: time / 1000 % 60, width: 2)
        append(UInt8(ascii: "."))
        append(unsigned: time % 1000, width: 3)
        append(UInt8(ascii: "Z"))
    }
}
