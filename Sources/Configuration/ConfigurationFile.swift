internal import Yams

/// Reads the values of a YAML file.
struct ConfigurationFile {
    let path: String

    /// - Throws: if the file cannot be read, or is no YAML.
    func read(into reader: inout SettingsReader) throws(ConfigurationError) {
        guard let root = try parse(), !isNull(root) else { return }
        guard case .mapping(let mapping) = root else {
            reader.problems.add("the file must be a mapping of keys to values", at: origin(root))
            return
        }
        walk(mapping, SettingPath([]), &reader)
    }

    private func parse() throws(ConfigurationError) -> Node? {
        let text: String
        do {
            text = try FileText.read(path)
        } catch {
            throw ConfigurationError(["\(path): cannot be read: \(error.reason)"])
        }
        do {
            return try Parser(yaml: text, encoding: .utf8).singleRoot()
        } catch {
            throw ConfigurationError(["\(path):\(YAMLProblem.describe(error))"])
        }
    }

    private func walk(_ mapping: Node.Mapping, _ section: SettingPath, _ reader: inout SettingsReader) {
        for (keyNode, node) in mapping {
            guard case .scalar(let scalar) = keyNode, !scalar.string.isEmpty else {
                reader.problems.add("a key must be text", at: origin(keyNode))
                continue
            }
            visit(section.appending(scalar.string), keyNode, node, &reader)
        }
    }

    private func visit(_ path: SettingPath, _ keyNode: Node, _ node: Node, _ reader: inout SettingsReader) {
        if Schema.isSection(path) {
            if path.components.count > 1, Schema.isCollection(path.parent) { reader.addMember(path, from: origin(keyNode)) }
            guard !isNull(node) else { return }
            guard case .mapping(let mapping) = node else {
                reader.problems.add("\(path): must be a mapping of keys to values", at: origin(node))
                return
            }
            walk(mapping, path, &reader)
        } else if Schema.key(at: path) == nil {
            reader.problems.add("\(path): there is no such key" + Schema.question(path.last, in: path.parent), at: origin(keyNode))
        } else if !isNull(node) {
            setValue(path, node, &reader)
        }
    }

    private func setValue(_ path: SettingPath, _ node: Node, _ reader: inout SettingsReader) {
        switch node {
        case .scalar(let scalar):
            reader.set(path, .scalar(scalar.string), from: origin(node))
        case .sequence(let sequence):
            let items = sequence.compactMap { $0.scalar?.string }
            guard items.count == sequence.count else { fallthrough }
            reader.set(path, .list(items), from: origin(node))
        case .mapping, .alias:
            let isKafka = path.components[0] == "kafka"
            let question = NearestName.question(path.last, among: Schema.names(in: path.parent))
            let advice = isKafka && question.isEmpty ? "; write librdkafka's properties by their names with dots" : question
            reader.problems.add("\(path): must be a value, not a section\(advice)", at: origin(node))
        }
    }

    private func isNull(_ node: Node) -> Bool {
        guard case .scalar(let scalar) = node, scalar.style == .plain else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    private func origin(_ node: Node) -> Origin {
        .file(path, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    }
}
