/// Names a place in a request for error messages, such as `body.messages[2].role`; ``RequestField/other`` stands for the whole message.
struct FieldPath {
    let field: RequestField
    /// True if the field stands in a batch line's body.
    var isInBody = false
    /// The element, where the field is an array.
    var index: Int?
    /// The member, where the field or the element is an object.
    var member: StaticString?

    init(_ field: RequestField, isInBody: Bool = false, index: Int? = nil, member: StaticString? = nil) {
        self.field = field
        self.isInBody = isInBody
        self.index = index
        self.member = member
    }

    var description: String {
        if field == .other { return "the message" }
        var text = (isInBody ? "body." : "") + field.name.description
        if let index { text += "[\(index)]" }
        if let member { text += ".\(member)" }
        return text
    }
}
