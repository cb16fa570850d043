internal import Glibc
internal import Providers

extension Settings {
    /// Sets what has a default that depends on other things.
    mutating func addDerivedDefaults() {
        if setting("worker.id") == nil {
            set(Setting(path: "worker.id", value: .text("\(Self.hostName)-\(getpid())"), origin: .initial))
        }
        for name in names(in: "providers") {
            let provider = SettingPath(["providers", name])
            let path = provider.appending("base_url")
            guard setting(path) == nil, let kind = WireFormats.named(text(provider.appending("kind"))) else { continue }
            set(Setting(path: path, value: .text(kind.defaultBaseURL), origin: .initial))
        }
    }

    private static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "worker" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
