/// The variables that Kubernetes and Docker add for a service called `switchyard-…`, such as `SWITCHYARD_REDIS_PORT_6379_TCP`.
enum ServiceLink {
    /// Whether the variable is one; `name` is what follows the prefix.
    static func isOne(_ name: String) -> Bool {
        let words = name.split(separator: "_")
        if let port = words.lastIndex(of: "PORT") {
            let rest = words[(port + 1)...]
            if rest.isEmpty { return true }
            if words[..<port].last == "SERVICE" { return true }
            if let number = rest.first, Int(number) != nil { return true }
        }
        return words.suffix(2) == ["SERVICE", "HOST"]
    }
}
