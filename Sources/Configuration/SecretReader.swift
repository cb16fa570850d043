/// Follows references to secrets.
struct SecretReader: Sendable {
    let environment: [String: String]

    static func isReference(_ text: String) -> Bool {
        text.hasPrefix("env:") || text.hasPrefix("file:")
    }

    /// The secret behind `reference`. One that cannot be read says so only when it is revealed.
    ///
    /// - Throws: a complaint, without the text, if it is no reference.
    func read(_ reference: String, key: SettingPath, origin: Origin) throws(Complaint) -> Secret {
        guard Self.isReference(reference) else {
            throw Complaint(
                "is a secret, which does not belong into a configuration; put it into the environment or a file, and write env:NAME or "
                    + "file:PATH here")
        }
        do {
            return Secret(reference: reference, content: .success(try resolve(reference)))
        } catch {
            var problems = Problems()
            problems.add("\(key): \(reference) \(error.reason)", at: origin)
            return Secret(reference: reference, content: .failure(problems.error))
        }
    }

    /// The secrets behind `references`.
    ///
    /// - Throws: as `read`.
    func read(_ references: [String], key: SettingPath, origin: Origin) throws(Complaint) -> [Secret] {
        var secrets: [Secret] = []
        for reference in references { secrets.append(try read(reference, key: key, origin: origin)) }
        return secrets
    }

    private func resolve(_ reference: String) throws(Complaint) -> String {
        let isVariable = reference.hasPrefix("env:")
        let name = String(reference.dropFirst(isVariable ? 4 : 5))
        let text: String
        if isVariable {
            guard let value = environment[name] else { throw Complaint("cannot be used: the environment has no variable \(name)") }
            text = value
        } else {
            do {
                text = try FileText.read(name)
            } catch {
                throw Complaint("cannot be read: \(error.reason)")
            }
        }
        // An editor ends a file with a line break, which is no part of the secret.
        let end = text.lastIndex { !$0.isNewline }.map(text.index(after:)) ?? text.startIndex
        guard end > text.startIndex else { throw Complaint("is empty") }
        return String(text[..<end])
    }
}
