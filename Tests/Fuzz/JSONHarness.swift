internal import Envelope

/// The scanner, the view and the writer of JSON.
enum JSONHarness {
    static func run(_ input: UnsafeRawBufferPointer) {
        _ = try? JSONText.value(at: ["a", "b"], in: input)
        let view: JSONView
        do throws(JSONError) {
            view = try JSONView(parsing: input)
        } catch {
            require(error.offset >= 0 && error.offset <= input.count, "an error is at \(error.offset) of \(input.count)")
            require(!error.message.isEmpty, "an error has no message")
            return
        }
        require(String(validating: input, as: UTF8.self) != nil, "a text that is not UTF-8 is taken as JSON")
        require(view.range.end <= input.count, "a value ends at \(view.range.end) of \(input.count)")
        walk(view, in: input)
    }

    private static func walk(_ view: JSONView, in text: UnsafeRawBufferPointer) {
        switch view.kind {
        case .string: checkString(view)
        case .number: checkNumber(view)
        case .boolean: require(view.boolean != nil, "a boolean has no value")
        case .null: break
        case .array:
            var count = 0
            view.forEachElement { element in
                require(element.range.start > view.range.start && element.range.end < view.range.end, "an element is outside of its array")
                if count == 0 { require(view.first?.range == element.range, "the first element is another") }
                count += 1
                walk(element, in: text)
            }
            require(view.isEmpty == (count == 0), "an array's isEmpty is wrong")
        case .object:
            var count = 0
            view.forEachMember { key, value in
                require(value.range.start > view.range.start && value.range.end < view.range.end, "a member is outside of its object")
                requireJSON(key.json, [.string], "a key")
                count += 1
                walk(value, in: text)
            }
            _ = view["type"]?.isString("text")
            require(view.isEmpty == (count == 0), "an object's isEmpty is wrong")
        }
        require(JSONView(at: view.range, in: text).kind == view.kind, "a value's kind depends on who asks")
    }

    private static func checkString(_ view: JSONView) {
        guard let string = view.string, let escaped = view.escaped else { fatalError("broken promise: a string has no value") }
        require(escaped.count == view.range.count - 2, "a string's text is not what stands between its quotes")
        var writer = ByteWriter(capacity: 16)
        writer.appendJSON(string)
        do throws(JSONError) {
            require(try JSONView(parsing: writer.bytes).string == string, "a string comes back as another")
        } catch {
            fatalError("broken promise: a written string is no JSON: \(error.message)")
        }
    }

    private static func checkNumber(_ view: JSONView) {
        let double = view.double
        if let integer = view.integer { require(double == Double(integer), "\(integer) is \(String(describing: double)) as a double") }
        guard let double else { return }
        var writer = ByteWriter(capacity: 16)
        writer.append(double)
        requireJSON(writer.bytes, [.number], "a written double")
        writer.removeAll()
        writer.append(double, decimals: 12)
        requireJSON(writer.bytes, [.number], "a rounded double")
    }
}
