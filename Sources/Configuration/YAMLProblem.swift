internal import Yams

/// Tells what is wrong with a file that is no YAML, without its lines, which may hold secrets.
enum YAMLProblem {
    /// Line, column and problem.
    static func describe(_ error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let detail = context.map { "\(problem) \($0.text) from line \($0.mark.line)" } ?? problem
            return "\(mark.line):\(mark.column): not valid YAML: \(detail)"
        case .duplicatedKeysInMapping(let keys, let context):
            return "\(context.mark.line):\(context.mark.column): given more than once: \(keys.joined(separator: ", "))"
        case .reader(let problem, _, _, _):
            return " not valid YAML: \(problem)"
        default:
            return " not valid YAML"
        }
    }
}
